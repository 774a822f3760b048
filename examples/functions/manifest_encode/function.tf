# A workload that Terraform manages, as a manifest for kubectl.
data "datum_workload" "web" {
  metadata = {
    name      = "web-app"
    namespace = "project-myproject"
  }
}

output "manifest" {
  value = provider::datum::manifest_encode(data.datum_workload.web)
}
