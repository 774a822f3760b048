import {
  to = datum_workload.web
  id = "project-myproject/web-app"
}
