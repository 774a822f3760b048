# Shows how a workload that exists already comes under Terraform: an `import` block with its ID, namespace and name.
# The plan says "1 to import" and changes nothing. What the configuration leaves out is not managed, whoever has set it.
# The block can stay: once the workload is in the state, it does nothing more.

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
  id = "project-myproject/web-app"
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
