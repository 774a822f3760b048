ephemeral "datum_access_token" "this" {}

# A provider's block takes ephemeral values; nothing of the token is in the state or in a plan.
provider "kubernetes" {
  host                   = ephemeral.datum_access_token.this.host
  token                  = ephemeral.datum_access_token.this.token
  cluster_ca_certificate = ephemeral.datum_access_token.this.cluster_ca_certificate
}
