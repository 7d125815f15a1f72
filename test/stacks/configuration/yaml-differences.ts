/**
 * Files that the engine's reader takes otherwise than a reader of YAML 1.2, or refuses: `pulumi config --json` shows
 * which. All are refused here.
 */
export const differences: ReadonlyArray<readonly [text: string, engine: "refused" | "another"]> = [
  // Merges.
  ["config:\n  t:a: [{'<<': 5}]\n", "refused"],
  ['config:\n  t:a: [{"<<": {a: 1}, b: 2}]\n', "another"],
  ["config:\n  t:a: [{<<: {x: 1}, <<: {y: 1}}]\n", "refused"],
  ["config:\n  t:a:\n    - &l [{a: 1}]\n    - {<<: *l}\n", "refused"],
  // Anchors.
  ["config:\n  t:a: &l [*l]\n", "refused"],
  ["config:\n  t:a: [&m {x: *m}]\n", "refused"],
  ["config:\n  t:a: [&a.b x, *a.b]\n", "refused"],
  // Keys.
  ["config:\n  t:a: [{~: x}]\n", "another"],
  ["config:\n  t:a: [{: x}]\n", "refused"],
  ["config:\n  t:a: [{1: x, 1.0: y}]\n", "refused"],
  ["config:\n  t:a:\n    - ? [x, y]\n      : 1\n", "refused"],
  ["config:\n  t:a: [{a\n   : 1}]\n", "refused"],
  ['config:\n  t:a: [{"a\n   b": 1}]\n', "refused"],
  [`config:\n  t:a: [{${"k".repeat(1100)}: 1}]\n`, "refused"],
  // Within brackets.
  ["config:\n  t:a: [?x]\n", "another"],
  ["config:\n  t:a: {u: https://x/y?a=b}\n", "refused"],
  ["config:\n  t:a: [:x]\n", "refused"],
  ["config:\n  t:a: [a:]\n", "another"],
  ["config:\n  t:a: {a:}\n", "another"],
  // Tabs, line ends and characters.
  ["config:\n  t:a: [1]\n\t\n", "refused"],
  ["config:\n  t:a: [1]\n  \t# a comment\n", "refused"],
  ["config:\n  t:a:\n    -\tx\n", "refused"],
  ["config:\n  # a\u0085  t:b: 1\n  t:a: [x]\n", "another"],
  ["config:\n  t:a: [x\u2028y]\n", "another"],
  ['config:\n  t:a: ["x\ry"]\n', "another"],
  ['config:\n  t:a: ["x\u0007"]\n', "refused"],
  ["config:\n  t:a: [x\uffff]\n", "refused"],
  ['config:\n  t:a: ["\\/"]\n', "refused"],
  ['config:\n  t:a: ["\\ud83d\\ude00"]\n', "refused"],
  // Numbers, tags and directives.
  ["config:\n  t:a: [.inf]\n", "refused"],
  ["config:\n  t:a: [.NaN]\n", "refused"],
  ["config:\n  t:a: [!!str, x]\n", "another"],
  ["config:\n  t:a: [!!binary aGVsbG8=]\n", "another"],
  ["%YAML 1.2\n---\nconfig:\n  t:a: [x]\n", "refused"],
  ["config:\n  t:a: [x]\n---\nconfig:\n  t:a: [y]\n", "another"],
];
