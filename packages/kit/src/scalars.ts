import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'
import { GraphQLDateTimeISO } from 'graphql-scalars'

const iso = GraphQLDateTimeISO.toConfig()

/**
 * RFC 3339 instant with offset in, UTC out. Resolvers see a `Date` in the years 1 to 9999: what is beyond, Postgres reads as
 * something else or not at all.
 */
export const DateTime = new GraphQLScalarType<Date, unknown>({
  ...iso,
  name: 'DateTime',
  parseValue: instant,
  parseLiteral: (node) => instant(node.kind === Kind.STRING ? node.value : undefined),
})

function instant(value: unknown): Date {
  if (typeof value !== 'string' || !isInstant(value))
    throw wrong('DateTime must be an instant with an offset, such as 2026-12-31T19:00:00+07:00.')
  const date = new Date(value)
  const year = date.getUTCFullYear()
  if (year < 1 || year > 9999) throw wrong('DateTime must be in the years 1 to 9999.')
  return date
}

function isInstant(text: string): boolean {
  try {
    return !Number.isNaN(iso.parseValue(text).getTime())
  } catch {
    return false
  }
}

/**
 * Integer of the smallest unit charged in its currency. JSON numbers carry integers exactly up to 2^53 - 1;
 * what is beyond, negative zero's fraction or text is refused rather than rounded.
 */
export const Money = new GraphQLScalarType<number, number>({
  name: 'Money',
  serialize: (value) => safeInteger(typeof value === 'bigint' ? Number(value) : value),
  parseValue: safeInteger,
  parseLiteral: (node) => safeInteger(node.kind === Kind.INT ? Number(node.value) : undefined),
})

function safeInteger(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw wrong('Money must be a whole number of the smallest unit.')
}

/** A day without a time or a zone, `2026-12-31`, in the years 1 to 9999. */
export const LocalDate = new GraphQLScalarType<string, string>({
  name: 'Date',
  serialize: localDate,
  parseValue: localDate,
  parseLiteral: (node) => localDate(node.kind === Kind.STRING ? node.value : undefined),
})

function localDate(value: unknown): string {
  const day = typeof value === 'string' && /^(?!0000)\d{4}-\d\d-\d\d$/.test(value) ? value : null
  // A day that there is not, such as the 31st of June, would come back as another one.
  if (day !== null && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day)) return day
  throw wrong('Date must be a day such as 2026-12-31.')
}

/** JSON of any form. What comes as text must have it, so that clients may pass on a file as they found it. */
export const JsonValue = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  serialize: (value) => value,
  parseValue: jsonValue,
  parseLiteral: (node, variables) => jsonValue(valueFromASTUntyped(node, variables)),
})

function jsonValue(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    throw wrong('JSON as text must be a JSON document.')
  }
}

const wrong = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
