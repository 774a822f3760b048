data "datum_workloads" "production" {
  namespace      = "project-myproject"
  label_selector = "environment=production"
}

output "not_running" {
  value = [
    for workload in data.datum_workloads.production.workloads :
    workload.metadata.name if try(workload.status.phase, null) != "Running"
  ]
}
