# Shows a module with a typed interface: whoever calls it says the application's words, and it makes the workload of them.
# `optional` gives each attribute its type and default; null means that the workload leaves it to the API.
# A mistake in a call, such as a port as a text that is no number, is an error of the call and names its attribute.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

module "shop" {
  source = "./app"

  name      = "shop"
  namespace = "project-myproject"
  image     = "nginx:1.25"
  replicas  = 2
  ports     = { http = 80, metrics = 9090 }
  limits    = { cpu = "500m", memory = "512Mi" }
}

module "worker" {
  source = "./app"

  name      = "worker"
  namespace = "project-myproject"
  image     = "nginx:1.25"
  env       = { QUEUE = "orders" }
}

output "ids" {
  value = [module.shop.id, module.worker.id]
}
