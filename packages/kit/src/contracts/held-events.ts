import { z } from 'zod'

/** So many one answer can have. */
export const MOST_HELD_EVENTS = 1_000

/** Ids of events. */
export const heldEvents = z.array(z.uuid())

/**
 * Asks the ticket subgraph for which events that are not over `$userId` has a valid ticket, in the order of their ids, `$limit` from the one after `$after` on.
 * Answered under `heldEvents`.
 */
export const HELD_EVENTS = `query HeldEvents($userId: ID!, $after: ID, $limit: Int!) {
  heldEvents(userId: $userId, after: $after, limit: $limit) }`
