terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

resource "datum_workload" "this" {
  metadata = {
    name      = var.name
    namespace = var.namespace
    labels    = { "app.kubernetes.io/name" = var.name }
  }
  spec = {
    replicas = var.replicas
    selector = { match_labels = { app = var.name } }
    template = {
      metadata = { labels = { app = var.name } }
      spec = {
        containers = [{
          name      = "app"
          image     = var.image
          ports     = [for name, port in var.ports : { name = name, container_port = port }]
          env       = [for name, value in var.env : { name = name, value = value }]
          resources = { limits = { cpu = var.limits.cpu, memory = var.limits.memory } }
        }]
      }
    }
  }
}
