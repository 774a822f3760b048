output "id" {
  description = "Namespace and name of the workload."
  value       = datum_workload.this.id
}

output "ready_replicas" {
  description = "How many replicas serve."
  value       = datum_workload.this.status.ready_replicas
}
