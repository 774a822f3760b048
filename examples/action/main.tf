# Shows what is done to a workload without being part of it: a restart, as an action (Terraform 1.14).
# By hand: terraform apply -invoke=action.datum_workload_restart.web
# And by itself, whenever the settings change that the containers read only when they start.

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
  }
  spec = {
    template = {
      spec = {
        containers = [{ name = "nginx", image = "nginx:1.25" }]
      }
    }
  }
}

resource "terraform_data" "settings" {
  input = "log_level=debug"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.datum_workload_restart.web]
    }
  }
}

action "datum_workload_restart" "web" {
  config {
    name      = datum_workload.web.metadata.name
    namespace = datum_workload.web.metadata.namespace
  }
}
