# Shows a web application of three replicas: the specification's "Basic Web Application".
#
# The provider finds the API by the environment: KUBECONFIG, or DATUM_PROJECT with credentials. `make demo` applies this
# against the local control plane.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

resource "datum_workload" "web" {
  metadata = {
    name      = "web-app"
    namespace = "project-myproject"
    labels = {
      "app.kubernetes.io/name" = "web-app"
      environment              = "production"
    }
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
          resources = {
            requests = { cpu = "100m", memory = "128Mi" }
            limits   = { cpu = "500m", memory = "512Mi" }
          }
        }]
      }
    }
  }
}

output "id" {
  description = "Namespace and name: what `terraform import` takes."
  value       = datum_workload.web.id
}

output "phase" {
  description = "Where the workload is in its life."
  value       = datum_workload.web.status.phase
}

output "ready_replicas" {
  description = "How many replicas serve."
  value       = datum_workload.web.status.ready_replicas
}
