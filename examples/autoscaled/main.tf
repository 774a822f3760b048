# Shows a workload whose number of replicas an autoscaler sets: the configuration leaves `replicas` out.
# The annotation has the local control plane play the autoscaler. Take it out for a real one.
# A plan after the autoscaler has acted is empty, and the output is the number that is live.

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
    annotations = {
      "simulator.datum.net/scenario" = "autoscale"
      "simulator.datum.net/replicas" = "3"
    }
  }
  spec = {
    selector = { match_labels = { app = "web-app" } }
    template = {
      metadata = { labels = { app = "web-app" } }
      spec = {
        containers = [{
          name      = "nginx"
          image     = "nginx:1.25"
          resources = { requests = { cpu = "100m" } }
        }]
      }
    }
  }
}

output "replicas" {
  description = "How many replicas the autoscaler wants at the moment."
  value       = datum_workload.web.spec.replicas
}
