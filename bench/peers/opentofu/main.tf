# As many tenants as `customers` says, with an application each, by Mastercard's restapi provider.
terraform {
  required_providers {
    restapi = { source = "bench.example/mastercard/restapi" }
  }
}

variable "customers" { type = number }
variable "api_url" { type = string }
variable "token" {
  type      = string
  sensitive = true
}

provider "restapi" {
  uri                   = var.api_url
  create_returns_object = true
  headers = {
    Authorization = "Bearer ${var.token}"
    Content-Type  = "application/json"
  }
}

resource "restapi_object" "tenant" {
  count = var.customers
  path  = "/tenants"
  data  = jsonencode({ name = "customer${count.index}" })
}

resource "restapi_object" "application" {
  count = var.customers
  path  = "/tenants/${restapi_object.tenant[count.index].id}/applications"
  data = jsonencode({
    cell        = "eu-1"
    scopes      = ["documents.submissions.read", "documents.submissions.write"]
    auth_method = { type = "CLIENT_SECRET" }
  })
}
