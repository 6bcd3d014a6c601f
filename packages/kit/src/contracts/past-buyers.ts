import { z } from 'zod'

/** So many people one request can ask about. */
export const MOST_ASKED_BUYERS = 1_000

/** Ids of people. */
export const pastBuyers = z.array(z.uuid())

/**
 * Asks the booking subgraph who of `$userIds` has paid for something, and not had all of it back, of an event that `$organizerId` organizes. Answered under
 * `pastBuyers`, in no order.
 */
export const PAST_BUYERS = `query PastBuyers($organizerId: ID!, $userIds: [ID!]!) {
  pastBuyers(organizerId: $organizerId, userIds: $userIds) }`
