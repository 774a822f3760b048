terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

# A service-account key, as CI uses it. The control plane of the project is found at Datum's API, and workloads that name
# no namespace are in project-myproject.
provider "datum" {
  project          = "myproject"
  credentials_file = "~/.config/datum/myproject.json"
}

# A kubeconfig, as `datumctl auth update-kubeconfig` writes it.
provider "datum" {
  alias          = "by_kubeconfig"
  kubeconfig     = "~/.kube/config"
  config_context = "myproject"
  namespace      = "project-myproject"
}
