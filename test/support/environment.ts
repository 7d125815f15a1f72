/** What the provider reads from the environment. */
const variables = [
  "TENANTS_PRIVATE_KEY",
  "TENANTS_CLIENT_ID",
  "TENANTS_KEY_ID",
  "TENANTS_ACCEPT_MISSING",
  "TENANTS_REASON",
  "TENANTS_ALLOWED_HOSTS",
];

/** Keeps the environment of whoever runs the tests out of a suite, and each test's changes out of the next. */
export function useOwnEnvironment(): void {
  useVariables(() => Object.fromEntries(variables.map((name) => [name, undefined])));
}

/**
 * Sets variables for each test of a suite, and puts them back after it.
 *
 * @param wanted gives them; undefined takes one out
 */
export function useVariables(wanted: () => Readonly<Record<string, string | undefined>>): void {
  let before: Record<string, string | undefined> = {};
  const set = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
  beforeEach(() => {
    const values = wanted();
    before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
    set(values);
  });
  afterEach(() => {
    set(before);
  });
}
