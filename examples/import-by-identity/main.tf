# Shows the import of a workload by its identity, which has attributes in place of a text to take apart.
# It needs Terraform 1.12 or OpenTofu 1.12; by the ID it works with every version.
# `namespace` may be left out where the provider has one.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}

import {
  to = datum_workload.web
  identity = {
    namespace = "project-myproject"
    name      = "web-app"
  }
}

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
