# Shows workloads of two projects in one configuration: a provider block for each, the second with an alias.
# A workload names its provider, and is in that project's namespace without saying so.
# Where the projects need credentials of their own, set `credentials_file` or `config_context` in each block.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {
  project = "myproject"
}

provider "datum" {
  alias   = "billing"
  project = "billing"
}

resource "datum_workload" "shop" {
  metadata = { name = "shop" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}

resource "datum_workload" "invoices" {
  provider = datum.billing

  metadata = { name = "invoices" }
  spec     = { template = { spec = { containers = [{ name = "app", image = "nginx:1.25" }] } } }
}

output "namespaces" {
  value = [datum_workload.shop.metadata.namespace, datum_workload.invoices.metadata.namespace]
}
