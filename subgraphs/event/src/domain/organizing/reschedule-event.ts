import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { databaseNow, type Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import { mergeSchedule, sameSchedule, scheduleProblems } from '../events/event-schedule.ts'
import * as store from '../events/event-store.ts'
import { explainRoomTaken, reserveRoom } from '../venues/room-booking-store.ts'
import { ownedEvent } from './access.ts'
import { writePending } from './pending-changes.ts'
import { tellSellers } from './tell-sellers.ts'

const schema = z.object({
  id: idSchema,
  version: z.number().int().nullish(),
  startsAt: instantSchema,
  endsAt: instantSchema,
  refundUntil: instantSchema,
})

type Input = z.infer<typeof schema>

/**
 * Moves an approved event to another time at once, without a review: what was sold stays valid, and everybody who has bought it may have all
 * their money back until `refundUntil`, whatever its refund policy says. A date that was given before is never taken back.
 * @throws NotFound, Forbidden, BadUserInput, RoomNotAvailable; Conflict when it is not approved, is over, or has changed since `version`.
 */
export async function rescheduleEvent(deps: Deps, viewer: Viewer | null, rawInput: unknown): Promise<Event> {
  const input = parseInput(schema, rawInput)
  const { id } = await ownedEvent(deps, viewer, input.id, 'input.id')
  const event = await transaction(deps.db, async (tx) => {
    const before = await store.lockEvent(tx, id)
    if (!before) throw new NotFound('event', id)
    if (input.version != null && input.version !== before.version)
      throw new Conflict('The event has changed meanwhile.', { version: before.version })
    if (before.status !== 'APPROVED')
      throw new Conflict('Only an approved event is moved: of others updateEvent changes the time.', {
        status: before.status,
      })
    if (before.over) throw new Conflict('The event is over.')
    return move(tx, before, input)
  }).catch(explainRoomTaken(deps.db))
  publishChange(deps.live, event)
  await tellSellers(deps, event.id, 'ticket', 'booking')
  return event
}

async function move(tx: Tx, before: Event, { startsAt, endsAt, refundUntil }: Input): Promise<Event> {
  const times = { startsAt, endsAt }
  const schedule = mergeSchedule(before, times)
  const now = await databaseNow(tx)
  const problems = scheduleProblems(schedule, times, now, before)
  if (sameSchedule(schedule, before))
    problems.push({ path: 'input.startsAt', message: 'is when it takes place already' })
  if (refundUntil <= now) problems.push({ path: 'input.refundUntil', message: 'must be in the future' })
  else if (refundUntil > endsAt)
    problems.push({ path: 'input.refundUntil', message: 'must not be after endsAt' })
  if (problems.length > 0) throw new BadUserInput(problems)

  await reserveRoom(tx, before.id, schedule, 'CURRENT')
  // What waits for a review goes on doing so, at the new time.
  const pending = (await store.findPendingChanges(tx, [before.id])).get(before.id)
  if (pending) await writePending(tx, { ...before, ...schedule }, { ...pending, ...times })
  const moved = await store.updateEventTimes(tx, before.id, schedule, refundUntil)
  if (!moved) throw new NotFound('event', before.id)
  return moved
}
