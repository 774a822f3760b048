# The specification's "Multi-Container Workload": a container beside the application, and a volume to collect logs in.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

resource "datum_workload" "app" {
  metadata = {
    name      = "app-with-sidecar"
    namespace = "project-myproject"
  }
  spec = {
    replicas = 1
    template = {
      spec = {
        containers = [
          {
            name  = "app"
            image = "myapp:latest"
            ports = [{ container_port = 3000 }]
          },
          {
            name          = "log-collector"
            image         = "fluent/fluent-bit:latest"
            volume_mounts = [{ name = "logs", mount_path = "/var/log" }]
          },
        ]
        volumes = [{ name = "logs", empty_dir = {} }]
      }
    }
  }
}
