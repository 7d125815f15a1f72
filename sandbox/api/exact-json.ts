import { isLosslessNumber, type LosslessNumber, parse, stringify } from "lossless-json";
import { z } from "zod";

const integerLiteral = /^-?(?:0|[1-9]\d*)$/;

/**
 * Parses JSON without losing a digit: each number becomes a `LosslessNumber`, which keeps its text.
 *
 * @throws SyntaxError if the text is not JSON, or an object has a key twice with different values
 */
export function parseExactJson(text: string): unknown {
  return parse(text);
}

/** Writes JSON in which a `bigint` is an exact JSON integer. */
export function writeExactJson(value: unknown): string {
  return stringify(value) ?? "null";
}

/**
 * Copies parsed JSON with ordinary numbers instead of the exact ones, for a JSON Schema validator.
 *
 * An integer that is too large for a number becomes the nearest safe integer: 900 digits would become
 * `Infinity`, which no validator accepts as an integer.
 */
export function toOrdinaryJson(value: unknown): unknown {
  if (isLosslessNumber(value)) {
    const number = Number(value.value);
    return integerLiteral.test(value.value)
      ? Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
      : number;
  }
  return mapChildren(value, toOrdinaryJson);
}

/** Copies parsed JSON with a `bigint` instead of each exact integer, and a `number` for any other number. */
export function toBigIntJson(value: unknown): unknown {
  if (isLosslessNumber(value)) {
    return integerLiteral.test(value.value) ? BigInt(value.value) : Number(value.value);
  }
  return mapChildren(value, toBigIntJson);
}

function mapChildren(value: unknown, map: (child: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(map);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, map(child)]));
  }
  return value;
}

/** Accepts a number written as a JSON integer: no string, no fraction, no exponent. */
export const exactInteger = z
  .custom<LosslessNumber>(
    (value) => isLosslessNumber(value) && integerLiteral.test(value.value),
    "must be written as a JSON integer, all digits, with neither a fraction nor an exponent",
  )
  .transform((number) => BigInt(number.value));
