import { readScalar } from "pulumi-resistant-tenants/internal/yaml-scalar";
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";

/** Tags that only state what a value looks like. */
const plainTags = new Set(["str", "map", "seq", "merge"].map((tag) => `tag:yaml.org,2002:${tag}`));

/** The replacement for a byte that is not UTF-8; the engine's reader refuses such a file. */
const replacementCharacter = "\ufffd";

/**
 * Characters that the engine's reader refuses, or takes for the end of a line, although YAML 1.2 allows them
 * as text.
 */
const characters =
  // eslint-disable-next-line no-control-regex -- these are looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufffd-\uffff]|\r(?!\n)/;

/** The longest key that the engine's reader accepts on the line of its value. */
const longestKey = 1000;

/** The tag's text is never repeated: a credential without quotes may look like a tag. */
export const unknownTag =
  "contains a tag (!) that readers interpret differently: remove it; put text that begins with ! in quotes";

/** A place in the text, and what to do about it. */
interface Difference {
  offset: number;
  problem: string;
}

/** What each alias stands for; undefined if its anchor is not above it. */
type AliasTargets = ReadonlyMap<Alias, Node | undefined>;

/**
 * The largest text that a file may expand to, with its aliases replaced, in characters: more is an attack, or
 * a mistake.
 */
const largestExpansion = 10_000_000;

/** So many nodes may all come from aliases. */
const fewNodes = 1000;

/**
 * Finds text that the engine's reader (YAML 1.1, go-yaml) refuses, or reads differently from this project's
 * (YAML 1.2): a file without it means the same to both.
 *
 * @returns undefined if there is none
 * @see {@link https://github.com/go-yaml/yaml/blob/v3.0.1/scannerc.go go-yaml v3, scanner}
 */
export function findDifference(text: string, document: Document): Difference | undefined {
  const found: Difference[] = [...differentLines(text, document)];
  const add = (offset: number | undefined, problem: string): void => {
    found.push({ offset: offset ?? 0, problem });
  };
  const targets = targetsOf(document);
  visit(document, {
    Node(_key, node) {
      const { tag } = node;
      if (tag !== undefined && !plainTags.has(tag)) {
        add(node.range?.[0], unknownTag);
      } else if (isTaggedEmpty(node)) {
        add(node.range?.[0], 'contains a tag without a value: write ""');
      }
      if ("anchor" in node && !/^[\w-]+$/.test(node.anchor)) {
        add(
          node.range?.[0],
          "contains an anchor (&): use only letters, digits, _ and - in its name; put text that begins with & in quotes",
        );
      }
    },
  });
  visit(document, {
    Alias(_key, alias, path) {
      const anchored = targets.get(alias);
      if (anchored === undefined)
        add(
          alias.range?.[0],
          "contains an alias (*) to an anchor that is not above it: correct it; put text that begins with * in quotes",
        );
      else if (path.includes(anchored))
        add(alias.range?.[0], "contains an alias (*) to what contains it: remove it");
    },
    Map(_key, map) {
      for (const problem of differentKeys(map, targets)) add(map.range?.[0], problem);
    },
    Pair(_key, pair, path) {
      const problem = differentPair(pair, text, path.some(isFlow));
      if (problem !== undefined) add(offsetOf(pair), problem);
    },
    Scalar(_key, scalar, path) {
      const problem = differentScalar(scalar, text, path.some(isFlow));
      if (problem !== undefined) add(scalar.range?.[0], problem);
    },
  });
  // An alias that contains itself has no size.
  if (found.length === 0 && repeatsTooMuch(document, targets)) {
    return { offset: 0, problem: "expands to too much: write out its aliases (*name)" };
  }
  return found[0];
}

/** Finds the targets in one walk through the document: `alias.resolve()` walks through it each time. */
function targetsOf(document: Document): AliasTargets {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) targets.set(node, anchored.get(node.source));
      else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/**
 * The engine's reader refuses a file in which more than 99 of 100 nodes come from aliases; this project's,
 * also one that is too large.
 */
function repeatsTooMuch(document: Document, targets: AliasTargets): boolean {
  const { contents } = document;
  const nodes = sizeOf(contents, targets, () => 1);
  let written = 0;
  visit(document, {
    Node: () => {
      written++;
    },
  });
  if (nodes > fewNodes && written < nodes / 100) return true;
  return sizeOf(contents, targets, (text) => text.length + 1) > largestExpansion;
}

/** Returns the size of a node with its aliases replaced. */
function sizeOf(
  node: unknown,
  targets: AliasTargets,
  sizeOfText: (text: string) => number,
  known = new Map<unknown, number>(),
): number {
  const size = (inner: unknown): number => sizeOf(inner, targets, sizeOfText, known);
  if (isAlias(node)) return size(targets.get(node));
  if (isPair(node)) return size(node.key) + size(node.value);
  if (!isCollection(node)) return isScalar(node) ? sizeOfText(String(node.value)) : 0;
  const whole = known.get(node) ?? node.items.reduce<number>((sum, item) => sum + size(item), 1);
  known.set(node, whole);
  return whole;
}

/** Finds a character that the engine's reader does not accept; undefined if there is none. */
export function foreignCharacter(text: string): Difference | undefined {
  const found = characters.exec(text);
  if (found === null) return undefined;
  const problem =
    found[0] === replacementCharacter
      ? "is not UTF-8: save the file as UTF-8"
      : `contains the character U+${codeOf(found[0])}: remove it`;
  return { offset: found.index, problem };
}

/** Escapes such characters in a file whose text is all in double quotes. */
export function escapeForeignCharacters(text: string): string {
  return text.replace(new RegExp(characters, "g"), (character) => `\\u${codeOf(character)}`);
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}

function* differentLines(text: string, document: Document): Generator<Difference> {
  const character = foreignCharacter(text);
  if (character !== undefined) yield character;
  const { yaml } = document.directives ?? {};
  if (yaml?.explicit === true && yaml.version !== "1.1") {
    yield { offset: 0, problem: "begins with %YAML: remove that line" };
  }
  const within = scalarRanges(document);
  let next = 0;
  for (const { index, 0: line } of text.matchAll(/^ *(?:[-?:] +)*[-?:]?\t/gm)) {
    const tab = index + line.length - 1;
    while ((within[next]?.[1] ?? Infinity) <= tab) next++;
    if (tab < (within[next]?.[0] ?? Infinity))
      yield { offset: tab, problem: "is indented with a tab: use spaces" };
  }
}

/** Text may contain tabs. The ranges are in the file's order, and do not overlap. */
function scalarRanges(document: Document): Array<[number, number]> {
  const ranges: Array<[number, number]> = [];
  visit(document, {
    Scalar(_key, { range, type }) {
      if (range != null && type !== undefined) ranges.push([range[0], range[1]]);
    },
  });
  return ranges;
}

function* differentKeys(map: YAMLMap, targets: AliasTargets): Generator<string> {
  const merges = map.items.filter((pair) => isScalar(pair.key) && pair.key.source === "<<");
  if (merges.length > 1) yield "contains << twice: write both in one list, <<: [*one, *other]";
  for (const { key, value } of merges) {
    if (isScalar(key) && (key.type !== "PLAIN" || key.tag === "tag:yaml.org,2002:str")) {
      yield "contains << in quotes, which the engine reads as a merge: remove it";
    }
    const isMapLike = (node: unknown): boolean => isMap(isAlias(node) ? targets.get(node) : node);
    if (!isMapLike(value) && !(isSeq(value) && value.items.every(isMapLike))) {
      yield "merges something that is not a map: write <<: *name, or <<: [*one, *other]";
    }
  }
}

function differentPair({ key, value }: Pair, text: string, isInFlow: boolean): string | undefined {
  if (isAlias(key)) return undefined;
  if (!isScalar(key)) return "has a list or a map as a key: write text";
  const { source = "", range, type } = key;
  if (source.length > longestKey) return `has a key of more than ${longestKey} characters`;
  if (type === "PLAIN" && key.tag === undefined) {
    const { kind } = readScalar(source);
    if (kind !== "text") return `has the key ${source || "(empty)"}, a ${kind} to YAML: write it in quotes`;
  }
  if (!isInFlow || range == null) return undefined;
  const written = text.slice(range[0], range[1]);
  const start = isNode(value) ? value.range?.[0] : undefined;
  const rest = text.slice(range[1], start ?? range[1] + 2);
  if (/[\r\n]/.test(written) || /^\s*[\r\n]\s*:/.test(rest)) {
    return "has a key that is split over lines: write it with its colon on one line";
  }
  return type === "PLAIN" && /^:(?:[,\]}]|$)/.test(rest)
    ? `has the key ${source} with nothing after its colon: write a space there, or the text in quotes`
    : undefined;
}

function differentScalar(scalar: Scalar, text: string, isInFlow: boolean): string | undefined {
  const { type, range, source = "" } = scalar;
  if (type === "QUOTE_DOUBLE" && range != null) {
    const escape = [...text.slice(range[0], range[1]).matchAll(/\\(u....|[^])/g)].find(([, code = ""]) =>
      /^(?:\/|u[dD][89a-fA-F])/.test(code),
    );
    return escape === undefined
      ? undefined
      : `contains the escape ${escape[0]}, which the engine does not know: write the character itself`;
  }
  if (type !== "PLAIN") return undefined;
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(source)) {
    return `contains ${source}, a number that a configuration cannot have: write it in quotes`;
  }
  return isInFlow && (source.includes("?") || source.startsWith(":"))
    ? "contains text with a ? or a leading colon within brackets: write it in quotes"
    : undefined;
}

function isTaggedEmpty(node: unknown): boolean {
  return isScalar(node) && node.tag !== undefined && node.type === "PLAIN" && node.value === "";
}

/** Returns whether a node is a list or a map in brackets. */
export function isFlow(node: unknown): boolean {
  return isCollection(node) && node.flow === true;
}

function offsetOf({ key }: Pair): number | undefined {
  return isNode(key) ? key.range?.[0] : undefined;
}
