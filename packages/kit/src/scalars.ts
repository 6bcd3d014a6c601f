import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { GraphQLDateTimeISO } from 'graphql-scalars'

/** RFC 3339 instant with offset in, UTC out. Resolvers see a `Date`. */
export const DateTime = new GraphQLScalarType({ ...GraphQLDateTimeISO.toConfig(), name: 'DateTime' })

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
  throw new GraphQLError('Money must be a whole number of the smallest unit.', {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
