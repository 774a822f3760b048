import {
  to = datum_workload.web
  identity = {
    namespace = "project-myproject" # or the provider's, where this is left out
    name      = "web-app"
  }
}
