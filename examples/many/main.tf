# Shows many workloads from one map: a key is a workload, and a value is what makes it differ from the others.
# Taking an entry out of the map deletes that workload and no other, since each has its key as its address.
# The output is a map again, so that whatever depends on the workloads can look them up by the same keys.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

locals {
  apps = {
    shop    = { image = "nginx:1.25", replicas = 2 }
    billing = { image = "nginx:1.25", replicas = 1, env = { LOG_LEVEL = "debug" } }
    search  = { image = "nginx:1.26", replicas = 1 }
  }
}

resource "datum_workload" "app" {
  for_each = local.apps

  metadata = {
    name      = each.key
    namespace = "project-myproject"
    labels    = { "app.kubernetes.io/name" = each.key }
  }
  spec = {
    replicas = each.value.replicas
    selector = { match_labels = { app = each.key } }
    template = {
      metadata = { labels = { app = each.key } }
      spec = {
        containers = [{
          name  = "app"
          image = each.value.image
          env   = [for name, value in try(each.value.env, {}) : { name = name, value = value }]
        }]
      }
    }
  }
}

output "phases" {
  description = "Where each workload is in its life."
  value       = { for name, workload in datum_workload.app : name => workload.status.phase }
}
