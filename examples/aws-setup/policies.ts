import { type Right, rights, type Role, type Subject } from "./rights";

/** The ARN of each subject; absent where the setup has none. */
export type SubjectArns = Readonly<Partial<Record<Exclude<Subject, "everySecret">, string>>>;

/** A statement of a policy in IAM. */
export interface Statement {
  Effect: "Allow" | "Deny";
  Action?: string[];
  NotAction?: string[];
  /** Absent in a trust policy, which is about its own role. */
  Resource?: string[];
  Principal?: Record<string, string>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A policy in IAM's own form. */
export interface Policy {
  Version: "2012-10-17";
  Statement: Statement[];
}

/** The workflow files whose jobs take a role, and the environments that they run in. */
export interface Trust {
  environments: string[];
  workflows: string[];
}

/** Whom a role trusts. Without the file, every workflow that names an environment would get the role. */
export function trustOf(role: Role, stacks: readonly string[]): Trust {
  const of = (purpose: string): string[] => stacks.map((stack) => `${purpose}-${stack}`);
  switch (role) {
    case "preview":
      return { environments: ["preview", "preview-code"], workflows: ["stack-preview.yml", "stack-up.yml"] };
    case "up":
      return { environments: [...of("up"), ...of("rotate")], workflows: ["stack-up.yml"] };
    case "drift":
      return { environments: of("drift"), workflows: ["stack-drift.yml"] };
  }
}

/**
 * Creates a role's trust policy: GitHub's OIDC tokens of some environments and workflow files of main.
 *
 * @param repository `OWNER/REPO`
 */
export function trustPolicy(
  { environments, workflows }: Trust,
  repository: string,
  providerArn: string,
): Policy {
  const claims = "token.actions.githubusercontent.com";
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: providerArn },
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Condition: {
          StringEquals: {
            [`${claims}:aud`]: "sts.amazonaws.com",
            [`${claims}:sub`]: environments.map((name) => `repo:${repository}:environment:${name}`),
            [`${claims}:job_workflow_ref`]: workflows.map(
              (file) => `${repository}/.github/workflows/${file}@refs/heads/main`,
            ),
          },
        },
      },
    ],
  };
}

/**
 * Creates a role's policy from the table: one statement per subject, and one that denies writing the organization's key
 * even if a later policy allows it.
 */
export function policyOf(role: Role, arns: SubjectArns): Policy {
  const own = rights.filter((right) => right.roles.includes(role));
  const allowed = [...new Set(own.map(({ on }) => on))].flatMap((subject) =>
    statementsOf(subject, own, arns),
  );
  const { organizationSecret } = arns;
  return {
    Version: "2012-10-17",
    Statement:
      organizationSecret === undefined
        ? allowed
        : [
            ...allowed,
            {
              Effect: "Deny",
              NotAction: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
              Resource: [organizationSecret],
            },
          ],
  };
}

function statementsOf(subject: Subject, own: readonly Right[], arns: SubjectArns): Statement[] {
  const arn = subject === "everySecret" ? "*" : arns[subject];
  if (arn === undefined) return [];
  const actions = own.filter(({ on }) => on === subject).map(({ action }) => action);
  if (!arn.startsWith("arn:aws:s3:::")) {
    return [{ Effect: "Allow", Action: actions, Resource: [subject === "logGroup" ? `${arn}:*` : arn] }];
  }
  // A right applies to the bucket or to its objects.
  const ofObjects = actions.filter((action) => action.endsWith("Object"));
  const ofBucket = actions.filter((action) => !action.endsWith("Object"));
  return [
    { Effect: "Allow" as const, Action: ofBucket, Resource: [arn] },
    { Effect: "Allow" as const, Action: ofObjects, Resource: [`${arn}/*`] },
  ].filter(({ Action }) => Action.length > 0);
}
