# Shows a workload of two containers: the specification's "Multi-Container Workload".
# The second collects the logs of the first, by way of a volume that lives as long as the replica.
# A container that somebody else injects, such as a proxy, is not in the configuration, and no plan shows it.

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
