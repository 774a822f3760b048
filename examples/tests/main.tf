# Shows a configuration with tests: `terraform test` runs those in the folder tests (Terraform 1.7, OpenTofu 1.8).
# The provider is mocked there, so that they need neither an API nor credentials, and take a second.
# They hold what the configuration makes of its variables: names, labels, the number of replicas, and what it refuses.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

variable "app" {
  description = "The name of the application."
  type        = string
  default     = "web-app"
}

variable "environment" {
  description = "Where it runs."
  type        = string
  default     = "staging"

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

resource "datum_workload" "app" {
  metadata = {
    name      = var.app
    namespace = "project-myproject"
    labels    = { environment = var.environment }
  }
  spec = {
    replicas = var.environment == "production" ? 3 : 1
    selector = { match_labels = { app = var.app } }
    template = {
      metadata = { labels = { app = var.app } }
      spec     = { containers = [{ name = "app", image = "nginx:1.25" }] }
    }
  }
}
