"use strict";
// The secret of a customer's application in Secrets Manager, with the same description, tags and fields as this
// project's, so that the peers do the same work there. The SDK of AWS is loaded only where it is used.
const pulumi = require("@pulumi/pulumi");

const stage = "testing";
const cell = "eu-1";
const scopes = ["documents.submissions.read", "documents.submissions.write"];

/** Declares the secret, still without a value. */
function declareSecret(prefix, customer, customerId, tenantId, opts) {
  const { Secret } = require("@pulumi/aws/secretsmanager/secret");
  const args = {
    name: `${prefix}/${stage}/${customer}/${cell}/default`,
    description: `OAuth2 client of customer ${customer} for the Documents API, cell ${cell} (${stage})`,
    recoveryWindowInDays: 0,
    tags: { stage, cell, customer, customerId, tenant_id: tenantId },
  };
  return new Secret(`${customer}/${cell}/default`, args, opts);
}

/** Stores an application's credentials in it. */
function storeCredentials(customer, secret, { tenantId, applicationId, clientId, clientSecret }, opts) {
  const { SecretVersion } = require("@pulumi/aws/secretsmanager/secretVersion");
  const value = pulumi.jsonStringify({
    stage,
    cell,
    tenant_id: tenantId,
    application_id: applicationId,
    client_id: clientId,
    auth_method: "CLIENT_SECRET",
    client_secret: clientSecret,
    token_url: `https://auth.${cell}.${stage}.example/oauth2/v1/token`,
    documents_api_url: `https://api.${cell}.${stage}.example/documents`,
    scopes,
  });
  const args = { secretId: secret.id, secretString: value };
  return new SecretVersion(`${customer}/${cell}/default`, args, { ...opts, retainOnDelete: true });
}

module.exports = { cell, scopes, declareSecret, storeCredentials };
