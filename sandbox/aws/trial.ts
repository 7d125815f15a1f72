import path from "node:path";

import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import type { ProcessResult } from "../process";
import type { PulumiCli } from "../pulumi/cli";
import type { ConfigOverrides } from "../pulumi/config-file";
import { createWorkspace, type Workspace } from "../pulumi/workspace";
import type { AwsProvider } from "./find-provider";

/** What a trial needs. */
export interface TrialOptions {
  readonly pulumi: PulumiCli;
  /** The provider to test: the real plugin, or the stand-in. */
  readonly aws: Pick<AwsProvider, "config" | "env" | "pluginsFolder">;
  readonly endpointUrl: string;
  readonly region: string;
}

const upNow = ["up", "--yes", "--skip-preview"];

/** A separate stack with one secret and its version, for testing a behaviour of the AWS provider. */
export class Trial {
  readonly client: SecretsManagerClient;

  private constructor(
    readonly workspace: Workspace,
    { endpointUrl, region }: TrialOptions,
  ) {
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    this.client = new SecretsManagerClient({ endpoint: endpointUrl, region, credentials });
  }

  /** Creates the empty stack. */
  static async start(options: TrialOptions): Promise<Trial> {
    const { pulumi, aws, region } = options;
    const workspace = await createWorkspace({
      pulumi,
      stack: "dev",
      projectDir: path.join(__dirname, "trial-program"),
      config: { ...aws.config, "aws:region": region },
      env: aws.env,
      ...(aws.pluginsFolder === undefined ? {} : { pluginsFolder: aws.pluginsFolder }),
    });
    return new Trial(workspace, options);
  }

  /** Changes the configuration of the program: `name`, `tags`, `kmsKeyId`, `policy`, … */
  configure(values: ConfigOverrides): Promise<void> {
    return this.workspace.configure(
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`trial:${key}`, value])),
    );
  }

  /** Runs a command; any exit code is a result. */
  run(args: readonly string[], value = "first value"): Promise<ProcessResult> {
    return this.workspace.run(args, { env: { SECRET_VALUE: value } });
  }

  /**
   * Runs a command that must succeed.
   *
   * @throws `Error` with its whole output
   */
  async succeed(args: readonly string[], value?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args, value);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout + stderr;
  }

  up(value?: string, ...flags: string[]): Promise<string> {
    return this.succeed([...upNow, ...flags], value);
  }

  /** Returns the outputs of the program. */
  async outputs(): Promise<{ arn: string; versionId: string }> {
    const { arn, versionId } = await this.workspace.outputs();
    return { arn: String(arn), versionId: String(versionId) };
  }

  /** Reads the value with a label; undefined if no version has it. */
  async valueOf(arn: string, stage: string): Promise<string | undefined> {
    const found = await this.client.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: stage }));
    return found.SecretString;
  }

  describe(arn: string): Promise<DescribeSecretResponse> {
    return this.client.send(new DescribeSecretCommand({ SecretId: arn }));
  }

  async policyOf(arn: string): Promise<string | undefined> {
    return (await this.client.send(new GetResourcePolicyCommand({ SecretId: arn }))).ResourcePolicy;
  }

  /** Destroys the stack's resources, and removes it. */
  async end(): Promise<void> {
    try {
      await this.succeed(["destroy", "--yes", "--skip-preview"]);
    } finally {
      this.client.destroy();
      await this.workspace.remove();
    }
  }
}
