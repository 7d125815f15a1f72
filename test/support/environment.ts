/** What the provider reads from the environment. */
const variables = [
  "TENANTS_PRIVATE_KEY",
  "TENANTS_CLIENT_ID",
  "TENANTS_KEY_ID",
  "TENANTS_ACCEPT_MISSING",
  "TENANTS_REASON",
];

/** Keeps the environment of whoever runs the tests out of a suite, and each test's changes out of the next. */
export function useOwnEnvironment(): void {
  let before: Record<string, string | undefined> = {};
  beforeEach(() => {
    before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
    for (const name of variables) Reflect.deleteProperty(process.env, name);
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
}
