# The ID is namespace/name.
terraform import datum_workload.web project-myproject/web-app
