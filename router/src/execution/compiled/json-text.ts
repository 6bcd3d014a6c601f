import { isRawNumber } from '../../exact-json.ts'

/** Thrown by generated code where a value is not what the schema promises; the reference then says what follows. */
export const BROKEN = Symbol('a value that the schema does not allow here')

const SCAN_LIMIT = 40 // up to here a loop beats the start of a regular expression
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/** A string as JSON, without the cost of `JSON.stringify` for the many that have nothing to escape. */
export function quote(text: string): string {
  if (text.length > SCAN_LIMIT) return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(text)
  }
  return `"${text}"`
}

/** Any JSON value that is not `undefined`, as JSON. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return JSON.stringify(value)
}

// The leaves: what a subgraph may send for each type. Nothing is coerced but an ID, which is a text to clients.

export function stringText(value: unknown): string {
  if (typeof value !== 'string') throw BROKEN
  return quote(value)
}

export function intText(value: unknown): string {
  // Beyond 32 bits it is none, by the specification.
  if (typeof value !== 'number' || value !== (value | 0)) throw BROKEN
  return `${value}`
}

export function floatText(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`
  if (isRawNumber(value)) return value.rawJSON
  throw BROKEN
}

export function booleanText(value: unknown): string {
  if (value === true) return 'true'
  if (value === false) return 'false'
  throw BROKEN
}

export function idText(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (isRawNumber(value)) return `"${value.rawJSON}"`
  if (!Number.isSafeInteger(value)) throw BROKEN
  return `"${value as number}"`
}

/** @param names the values that clients may see. */
export function enumText(value: unknown, names: ReadonlySet<unknown>): string {
  if (!names.has(value)) throw BROKEN
  return `"${value as string}"` // a name of GraphQL: nothing in it needs escaping
}

/** A value of a custom scalar, of which nothing is known but that it may not be null. */
export function presentText(value: unknown): string {
  if (value === null || value === undefined) throw BROKEN
  return jsonText(value)
}

/** @param names object types that clients may see. */
export function typenameText(value: unknown, names: ReadonlySet<unknown>): string {
  return enumText(value, names)
}

export function broken(): never {
  throw BROKEN
}
