# A manifest that was written for kubectl becomes a resource.
locals {
  manifest = provider::datum::manifest_decode(file("${path.module}/workload.yaml"))
}

resource "datum_workload" "web" {
  metadata = local.manifest.metadata
  spec     = local.manifest.spec
}
