data "datum_workload" "web" {
  metadata = {
    name      = "web-app"
    namespace = "project-myproject"
  }
}

output "image" {
  value = data.datum_workload.web.spec.template.spec.containers[0].image
}
