# Shows a workload with a network and a secret: the specification's "Workload with Network Reference".
# `network_ref` names a network of the project. `value_from` takes a variable from a Secret when the container starts, so that its value
# is neither in the configuration nor in the state.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

resource "datum_workload" "api" {
  metadata = {
    name      = "api-server"
    namespace = "project-myproject"
  }
  spec = {
    replicas    = 2
    network_ref = { name = "prod-network" }
    template = {
      spec = {
        containers = [{
          name  = "api"
          image = "myregistry/api:v1.0"
          ports = [{ container_port = 8080 }]
          env = [{
            name       = "DATABASE_URL"
            value_from = { secret_key_ref = { name = "db-credentials", key = "url" } }
          }]
          resources = {
            requests = { cpu = "200m", memory = "256Mi" }
            limits   = { cpu = "1000m", memory = "1Gi" }
          }
        }]
      }
    }
  }
}
