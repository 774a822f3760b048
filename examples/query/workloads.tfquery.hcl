list "datum_workload" "production" {
  provider = datum
  limit    = 10000 # Terraform's own is 100

  config {
    namespace      = "project-myproject"
    label_selector = "environment=production"
  }
}
