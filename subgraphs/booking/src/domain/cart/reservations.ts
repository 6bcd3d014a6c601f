import { createGroupCommit, type GroupCommit } from '@karcis/kit/group-commit'

/** Runs what reserves for one item of a cart, by the item's id, one after the other in this process. */
export type Reservations = GroupCommit<() => Promise<true>, true>

/** Two at once, each of which asks for more places, would be in the way of each other's limits until both have come to their end. */
export const createReservations = (): Reservations =>
  createGroupCommit({ maxBatch: 1, run: (_itemId, tasks) => Promise.all(tasks.map((task) => task())) })
