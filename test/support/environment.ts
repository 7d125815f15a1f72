/** The variables that the provider reads. */
const variables = [
  "TENANTS_PRIVATE_KEY",
  "TENANTS_CLIENT_ID",
  "TENANTS_KEY_ID",
  "TENANTS_ACCEPT_MISSING",
  "TENANTS_REASON",
  "TENANTS_ALLOWED_HOSTS",
];

/** Hides the environment of the person who runs the tests from a suite, and each test's changes from the next. */
export function useOwnEnvironment(): void {
  useVariables(() => Object.fromEntries(variables.map((name) => [name, undefined])));
}

/**
 * Sets variables for each test of a suite, and restores them after it.
 *
 * @param wanted returns them; undefined removes one
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
