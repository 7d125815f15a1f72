import { readScalar, type ScalarKind } from "pulumi-resistant-tenants/internal/yaml-scalar";
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from "yaml";

import { findDifference } from "./yaml-limits";

/** A YAML file, read as the engine reads it. */
export interface YamlFile {
  /** The document with its comments, which can be written back: its scalars are text, as in the file. */
  document: Document;
  /** Its content as a program receives it. */
  value: unknown;
  /** Returns the line of a value, counted from 1; undefined if the path does not exist. */
  lineOf: (path: ReadonlyArray<string | number>) => number | undefined;
  /** Returns how a scalar is written in the file, and how the engine reads it; undefined if it is quoted. */
  plainScalarAt: (path: ReadonlyArray<string | number>) => { source: string; kind: ScalarKind } | undefined;
}

/**
 * Reads YAML as the engine does.
 *
 * @param name the file's name, for errors
 * @throws `Error` with the name and the problem: it is not YAML, its aliases expand without limit, or the
 * engine reads it differently
 */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", merge: true, lineCounter: lines });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new Error(`${name} is not YAML: ${problem.message}`, { cause: problem });
  const difference = findDifference(text, document);
  if (difference !== undefined) {
    throw new Error(`${name} line ${lines.linePos(difference.offset).line} ${difference.problem}`);
  }
  const resolved = document.clone();
  visit(resolved, {
    Scalar(_key, scalar) {
      if (endsWithText(scalar, text)) scalar.value = String(scalar.value).replace(/\n$/, "");
      // The key of a merge has the library's own value.
      if (scalar.type !== "PLAIN" || scalar.tag !== undefined || typeof scalar.value !== "string") return;
      const { value } = readScalar(scalar.source ?? "");
      scalar.value = typeof value === "bigint" ? Number(value) : value;
    },
  });
  const nodeAt = (path: ReadonlyArray<string | number>): unknown => document.getIn(path, true);
  return {
    document,
    // The expanded size has been checked.
    value: resolved.toJS({ maxAliasCount: -1 }),
    lineOf: (path) => {
      const node = nodeAt(path);
      if (!isScalar(node) && !isMap(node) && !isSeq(node)) return undefined;
      return node.range == null ? undefined : lines.linePos(node.range[0]).line;
    },
    plainScalarAt: (path) => {
      const node = nodeAt(path);
      if (!isScalar(node) || node.type !== "PLAIN" || node.tag !== undefined) return undefined;
      const source = node.source ?? "";
      return { source, kind: readScalar(source).kind };
    },
  };
}

/** If the end of the file cuts off a block, the engine adds no line end. */
function endsWithText({ type, range }: Scalar, text: string): boolean {
  return type?.startsWith("BLOCK") === true && range?.[1] === text.length && !text.endsWith("\n");
}

/** Creates a node of a value that the engine reads back as the same value: text is quoted, whatever it looks like. */
export function toNode(value: unknown): Node {
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.items = value.map(toNode);
    return list;
  }
  if (typeof value === "object" && value !== null) {
    const map = new YAMLMap();
    map.items = Object.entries(value).map(([key, inner]) => new Pair(toNode(key), toNode(inner)));
    return map;
  }
  const scalar = new Scalar(typeof value === "string" ? value : JSON.stringify(value ?? null));
  scalar.type = typeof value === "string" ? "QUOTE_DOUBLE" : "PLAIN";
  return scalar;
}
