import { strict as assert } from "node:assert";
import { styleText } from "node:util";

import stringWidth from "string-width";

import { type Screen, screenOf } from "../../cli/print/screen";
import { drawTable, type Table } from "../../cli/print/table";
import { mentions } from "../support/mentions";

const piped: Screen = { columns: undefined, isColoured: false };
const terminal = (columns: number): Screen => ({ columns, isColoured: false });

const table: Table = {
  heading: ["customer", "tenant_id", "status", "owner", "by"],
  rows: [
    ["acme", "t-0123456789", "active", "payments-team", "deploy"],
    ["東京海上日動", "t-9876543210", { alarm: "deleted" }, undefined, "👩 someone"],
  ],
  leaveOut: ["by", "owner"],
};

describe("a table", () => {
  it("may have hundreds of thousands of rows", () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => [`customer-${index}`]);
    assert.equal(drawTable({ heading: ["customer"], rows }, piped).length, rows.length + 1);
  });

  it("is separated by tabs and complete if it is piped, with a heading", () => {
    const long = "x".repeat(300);
    const lines = drawTable({ ...table, rows: [...table.rows, [long, "t", "active", "", "me"]] }, piped);
    assert.deepEqual(
      lines.map((text) => text.split("\t")),
      [
        table.heading,
        ["acme", "t-0123456789", "active", "payments-team", "deploy"],
        ["東京海上日動", "t-9876543210", "deleted", "", "👩 someone"],
        [long, "t", "active", "", "me"],
      ],
    );
  });

  it("has aligned columns on a terminal, no borders, and no spaces at the ends of lines", () => {
    assert.deepEqual(drawTable(table, terminal(80)), [
      "customer      tenant_id     status   owner          by",
      "acme          t-0123456789  active   payments-team  deploy",
      "東京海上日動  t-9876543210  deleted                 👩 someone",
    ]);
  });

  it("leaves out columns in the order of need, and says which", () => {
    const lines = drawTable(table, terminal(55));
    assert.equal(lines[0], "customer      tenant_id     status   owner");
    mentions(lines.at(-1), "by");
    assert.equal(drawTable(table, terminal(42))[0], "customer      tenant_id     status");
  });

  it("leaves out blank columns first, and says nothing of them", () => {
    const rows = table.rows.map(([name, id, , , by]) => [name, id, undefined, undefined, by]);
    assert.deepEqual(drawTable({ ...table, rows }, terminal(40)), [
      "customer      tenant_id     by",
      "acme          t-0123456789  deploy",
      "東京海上日動  t-9876543210  👩 someone",
    ]);
  });

  it("is never wider than the terminal, and cuts the longest values", () => {
    for (let columns = 16; columns < 80; columns++) {
      const lines = drawTable(table, terminal(columns));
      for (const text of lines) assert.ok(stringWidth(text) <= columns, `${columns}: ${text}`);
    }
    assert.match(drawTable(table, terminal(30))[2] ?? "", /^東京海上… +t-9876543… +deleted$/);
  });

  it("cuts a long text before it leaves another column out", () => {
    const rows = table.rows.map(([name, id, status, , by]) => [name, id, status, "a reason ".repeat(30), by]);
    const lines = drawTable({ ...table, rows }, terminal(90));
    assert.equal(lines[0]?.split(/\s{2,}/).join(), "customer,tenant_id,status,owner,by");
    assert.match(lines[1] ?? "", /a reason a reason.*…\s+deploy$/);
  });

  it("writes only a heading if there are no rows", () => {
    assert.deepEqual(drawTable({ heading: ["a", "b"], rows: [] }, piped), ["a\tb"]);
    assert.deepEqual(drawTable({ heading: ["a", "b"], rows: [] }, terminal(20)), ["a  b"]);
  });

  it("is coloured if colour can be shown, with the same width", () => {
    const plain = drawTable(table, terminal(60));
    const coloured = drawTable(table, { columns: 60, isColoured: true });
    assert.ok(coloured[2]?.includes(styleText("red", "deleted", { validateStream: false })));
    assert.deepEqual(
      coloured.map((text) => stringWidth(text)),
      plain.map((text) => stringWidth(text)),
    );
  });
});

describe("what the standard output can show", () => {
  const tty = { isTTY: true, columns: 120 };
  const file = { isTTY: false, columns: 0 };

  for (const [what, stream, environment, expected] of [
    ["a terminal", tty, {}, { columns: 120, isColoured: true }],
    [
      "a terminal that does not say how wide it is",
      { ...tty, columns: 0 },
      {},
      { columns: 80, isColoured: true },
    ],
    ["the same with COLUMNS", { ...tty, columns: 0 }, { COLUMNS: "132" }, { columns: 132, isColoured: true }],
    ["a terminal with NO_COLOR", tty, { NO_COLOR: "1" }, { columns: 120, isColoured: false }],
    ["a terminal with an empty NO_COLOR", tty, { NO_COLOR: "" }, { columns: 120, isColoured: true }],
    ["a dumb terminal", tty, { TERM: "dumb" }, { columns: 120, isColoured: false }],
    ["a file", file, {}, { columns: undefined, isColoured: false }],
    ["a file with FORCE_COLOR", file, { FORCE_COLOR: "1" }, { columns: undefined, isColoured: true }],
    ["a terminal with FORCE_COLOR=0", tty, { FORCE_COLOR: "0" }, { columns: 120, isColoured: false }],
    ["both variables", tty, { FORCE_COLOR: "1", NO_COLOR: "1" }, { columns: 120, isColoured: true }],
  ] as const) {
    it(`is known of ${what}`, () => {
      assert.deepEqual(screenOf(stream, environment), expected);
    });
  }
});
