import js from "@eslint/js";
import importSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/dist/", "**/node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-sort": importSort },
    rules: {
      "import-sort/imports": [
        "error",
        // Imports for their effect alone keep their place before all others; then Node.js, packages, and our own files.
        { groups: [["^\\u0000"], ["^node:"], ["^"], ["^\\."]] },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["**/*.{ts,tsx}"],
    // The examples are projects of their own.
    ignores: ["examples/**"],
    // One program for all packages: with one for each, what they share is read and checked several times.
    languageOptions: { parserOptions: { projectService: false, project: "tsconfig.lint.json" } },
  },
  {
    files: ["operations/**/*.ts"],
    // It prints nothing, and reads only what it is given.
    rules: { "no-restricted-globals": ["error", "process", "console"] },
  },
  {
    files: [
      "provider/src/**/*.ts",
      "stacks/src/**/*.ts",
      "policy/src/**/*.ts",
      "cli/**/*.ts",
      "service/src/**/*.{ts,tsx}",
    ],
    ignores: [
      "provider/src/settings/own-process.ts",
      // The entry points of processes, and what asks how a terminal shows colours.
      ...["cli/main.ts", "cli/print/output.ts"],
      ...["web", "worker", "migrate"].map((name) => `service/src/${name}.ts`),
    ],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Entry points read it, and pass it down.",
        },
      ],
    },
  },
  {
    files: ["test/**/*.{ts,tsx}"],
    // What a test takes for granted and does not find fails the test.
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: [".github/**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly" } },
  },
  {
    files: ["bench/peers/**/*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        ["Buffer", "fetch", "URL", "URLSearchParams"].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["service/assets/*.js"],
    // What runs in people's browsers.
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...["document", "location", "addEventListener", "setTimeout", "clearTimeout"],
          ...["EventSource", "fetch", "FormData", "URLSearchParams", "DOMParser", "navigator"],
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        require: "readonly",
        module: "writable",
        process: "readonly",
        console: "readonly",
        __dirname: "readonly",
      },
    },
  },
);
