# By hand: terraform apply -invoke=action.datum_workload_restart.api
action "datum_workload_restart" "api" {
  config {
    name      = "api-server"
    namespace = "project-myproject"
  }
}

# Or whenever something else changes that the workload reads only once.
resource "terraform_data" "settings" {
  input = "log_level=debug"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.datum_workload_restart.api]
    }
  }
}
