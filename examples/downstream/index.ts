import * as pulumi from "@pulumi/pulumi";
import { customerOf } from "pulumi-resistant-tenants"; // before a resource is read: it stops debug messages that contain secrets

const config = new pulumi.Config();
const tenants = new pulumi.StackReference(config.require("tenantsStack"));
const customer = customerOf(tenants, config.require("customer"));
const application = customer.application("eu-1");

/** The environment of the service. Its role needs secretsmanager:GetSecretValue on this one ARN, and nothing else. */
export const environment = {
  CREDENTIALS_SECRET_ARN: application.secretArn,
  DOCUMENTS_API_URL: application.documentsApiUrl,
  WEB_UI_URL: customer.webUiUrl("eu-1"),
};
