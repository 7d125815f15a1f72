import { readScalar, type ScalarKind } from "pulumi-resistant-tenants/internal/yaml-scalar";
import {
  Document,
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  type YAMLParseError,
  YAMLSeq,
} from "yaml";

import { escapeForeignCharacters, findDifference, foreignCharacter, isFlow, unknownTag } from "./yaml-limits";

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

/** Thrown if a file is not YAML, or if the engine reads it differently. */
export class YamlError extends Error {
  override readonly name = "YamlError";

  /**
   * @param file the file's name
   * @param problem the line and what is wrong there, without any of the file's text
   */
  constructor(
    file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file} ${problem}`, options);
  }
}

/**
 * Parses YAML in order to write it back: every scalar stays as it is written. The engine reads `0100` as 64, and with its
 * usual schema the library would write 100.
 *
 * @param options the library's: by default an error repeats its line, which may contain a credential
 */
export function parseAsWritten(
  text: string,
  options: Parameters<typeof parseDocument>[1] = {},
): Document.Parsed {
  const document = parseDocument(text, { ...options, schema: "failsafe" });
  visit(document, {
    Pair(_key, pair, path) {
      const { value } = pair;
      // The library cannot write `? a`, and writes `{ a: , b: 1 }` as `{ a:, b: 1 }`, in which the engine reads the key `a:`.
      if (value === null) pair.value = toNode(null);
      else if (isScalar(value) && isNothing(value) && path.some(isFlow)) value.value = "null";
    },
  });
  return document;
}

function isNothing({ type, tag, value }: Scalar): boolean {
  return type === "PLAIN" && tag === undefined && value === "";
}

/**
 * Reads YAML as the engine does.
 *
 * @param name the file's name, for errors
 * @throws {@link YamlError} if it is not YAML, its aliases expand without limit, or the engine reads it
 * differently
 */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseAsWritten(text, { merge: true, lineCounter: lines, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  const difference =
    problem === undefined
      ? findDifference(text, document)
      : (foreignCharacter(text) ?? { offset: problem.pos[0], problem: inWords(problem) });
  if (difference !== undefined) {
    const { line } = lines.linePos(difference.offset);
    throw new YamlError(name, `line ${line} ${difference.problem}`, { cause: problem });
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
      if (!isNode(node)) return undefined;
      return node.range == null ? undefined : lines.linePos(node.range[0]).line;
    },
    plainScalarAt: (path) => {
      const given = nodeAt(path);
      const node = isAlias(given) ? given.resolve(document) : given;
      if (!isScalar(node) || node.type !== "PLAIN" || node.tag !== undefined) return undefined;
      const source = node.source ?? "";
      return { source, kind: readScalar(source).kind };
    },
  };
}

function inWords({ code, message }: Pick<YAMLParseError, "code" | "message">): string {
  if (code === "MULTIPLE_DOCS")
    return "begins a second document: use one document, without --- between its parts";
  if (code === "TAG_RESOLVE_FAILED") return unknownTag;
  if (code === "BAD_DIRECTIVE") return "begins with %, as a directive does: remove it, or put text in quotes";
  // After a colon the library repeats the text.
  return `is not YAML: ${message.split(": ", 1)[0]}`;
}

/** If the end of the file cuts off a block, the engine adds no line end. */
function endsWithText({ type, range }: Scalar, text: string): boolean {
  return type?.startsWith("BLOCK") === true && range?.[1] === text.length && !text.endsWith("\n");
}

/** Writes a value as YAML that the engine reads back as the same value. */
export function writeYaml(value: unknown): string {
  // In this schema a number is written as it is.
  const document = new Document(toNode(value), { schema: "failsafe" });
  // JSON leaves characters as they are that the engine does not read as text.
  return escapeForeignCharacters(document.toString({ lineWidth: 0, doubleQuotedAsJSON: true }));
}

/** Creates a node of a value that the engine reads back as the same value: text is always quoted. */
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
