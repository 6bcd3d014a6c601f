import type { GraphQLError } from 'graphql'
import { clientError } from '../errors.ts'

/**
 * Ways to one field of an operation that are tried at most. Each object of each interface above it may be had from each subgraph that knows it: below
 * four or five such interfaces the planner would be at it for minutes, and nobody else answered. For so many it takes half a second.
 */
export const MAX_WAYS = 10_000

/** The most that an operation may have of what doubles with each interface in another. @param most ways, or copies of fields. */
export const nestedTooDeeply = (most: number): GraphQLError =>
  clientError('BAD_USER_INPUT', 'The operation is too large: too many interfaces are nested in each other.', {
    facts: { most },
  })
