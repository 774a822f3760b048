mock_provider "datum" {}

run "staging_has_one_replica" {
  command = plan
  assert {
    condition     = datum_workload.app.spec.replicas == 1
    error_message = "Staging should have one replica."
  }
}

run "production_has_three" {
  command = plan
  variables {
    environment = "production"
  }
  assert {
    condition     = datum_workload.app.spec.replicas == 3
    error_message = "Production should have three replicas."
  }
  assert {
    condition     = datum_workload.app.metadata.labels.environment == "production"
    error_message = "The workload should say where it runs."
  }
}

run "another_environment_is_refused" {
  command = plan
  variables {
    environment = "production2"
  }
  expect_failures = [var.environment]
}
