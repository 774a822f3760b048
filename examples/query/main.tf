# Shows how to find the workloads that exist: the list in workloads.tfquery.hcl, which `terraform query` runs (Terraform 1.14).
# `terraform query -generate-config-out=workloads.tf` writes the HCL of each with its import block; an apply then imports them.
# This file only says which provider the list is of.

terraform {
  required_providers {
    datum = {
      source = "datum-cloud/datum"
    }
  }
}

provider "datum" {}
