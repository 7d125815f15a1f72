"use strict";
const pulumi = require("@pulumi/pulumi");
const aws = require("@pulumi/aws");

/** One secret and its version, configured by a trial of the AWS provider. */
const config = new pulumi.Config();
const args = {
  name: config.get("name"),
  recoveryWindowInDays: config.getNumber("recoveryWindowInDays") ?? 0,
  kmsKeyId: config.get("kmsKeyId"),
  policy: config.get("policy"),
  tags: config.getObject("tags"),
};

const secret = new aws.secretsmanager.Secret("secret", args);
if (config.getBoolean("twice")) new aws.secretsmanager.Secret("second", args, { dependsOn: secret });

const version = new aws.secretsmanager.SecretVersion("version", {
  secretId: secret.id,
  secretString: process.env.SECRET_VALUE,
});

module.exports = { arn: secret.arn, name: secret.name, versionId: version.versionId };
