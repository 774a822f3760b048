provider "datum" {
  project = "myproject"
}

# terraform query, or terraform query -generate-config-out=workloads.tf for the HCL with its import blocks.
list "datum_workload" "production" {
  provider = datum
  limit    = 10000 # Terraform's own is 100

  config {
    label_selector = "environment=production"
  }
}
