# Shows what an apply waits for, and what becomes of a workload that does not come up in time.
# `wait` names a condition in place of the rollout, and `timeouts` says for how long. With `on_timeout = "warn"` the workload stays
# in the state as it is, and the postcondition fails the apply all the same, without tainting the workload.

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
    replicas = 2
    template = {
      spec = {
        containers = [{
          name            = "nginx"
          image           = "nginx:1.25"
          ports           = [{ container_port = 80, name = "http" }]
          readiness_probe = { http_get = { path = "/", port = "http" } }
        }]
      }
    }
  }
  wait = {
    conditions = [{ type = "Available", status = "True" }]
    on_timeout = "warn"
  }
  timeouts = {
    create = "10m"
    update = "10m"
    delete = "5m"
  }

  lifecycle {
    postcondition {
      condition     = try(self.status.ready_replicas, 0) > 0
      error_message = "No replica of ${self.id} is ready."
    }
  }
}
