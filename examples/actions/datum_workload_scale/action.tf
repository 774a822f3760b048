# terraform apply -invoke=action.datum_workload_scale.night
action "datum_workload_scale" "night" {
  config {
    name      = "api-server"
    namespace = "project-myproject"
    replicas  = 1
    timeout   = "5m"
  }
}
