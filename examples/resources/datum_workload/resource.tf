resource "datum_workload" "web" {
  metadata = {
    name   = "web-app"
    labels = { environment = "production" }
  }
  spec = {
    replicas = 3
    selector = { match_labels = { app = "web-app" } }
    template = {
      metadata = { labels = { app = "web-app" } }
      spec = {
        containers = [{
          name  = "nginx"
          image = "nginx:1.25"
          ports = [{ container_port = 80, name = "http" }]
          readiness_probe = {
            http_get = { path = "/", port = "http" }
          }
          resources = {
            requests = { cpu = "100m", memory = "128Mi" }
            limits   = { cpu = "500m", memory = "512Mi" }
          }
        }]
      }
    }
  }
  timeouts = { create = "10m" }
}
