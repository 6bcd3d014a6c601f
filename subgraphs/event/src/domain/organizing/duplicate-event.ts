import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import { enqueue } from '@karcis/kit/jobs'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, keySchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import { databaseNow } from '../database.ts'
import type { Deps } from '../deps.ts'
import { RoomNotAvailable } from '../errors.ts'
import { type Creation, findCreated, insertCreation } from '../events/creation-store.ts'
import {
  findMeetings,
  insertDuplicates,
  listMadeWith,
  type Span,
  spansFrom,
  startsByRule,
} from '../events/duplicate-store.ts'
import type { Event } from '../events/event.ts'
import { findEvents, insertEvent } from '../events/event-store.ts'
import { ownedEvent } from './access.ts'
import { copySale, copySaleJob } from './copy-sale.ts'
import { confirmRights, requireRights } from './organizer-rights.ts'

/** A weekly event for a year. */
const MOST_DATES = 52

const duplicateSchema = z.object({
  id: idSchema,
  startsAt: instantSchema,
  title: nameSchema(160).nullish(),
  idempotencyKey: keySchema.nullish(),
})

/**
 * Makes a DRAFT that is a copy of an event, at another time, with its ticket types, seat map and questions, and nothing sold. It belongs to whose the
 * event is. Who asks again with the same key is given the copy that was made.
 * @throws NotFound, Forbidden, BadUserInput, IdempotencyKeyReused, ServiceUnavailable.
 */
export async function duplicateEvent(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Event> {
  const { startsAt, ...copying } = parseInput(duplicateSchema, input)
  const [event] = await makeCopies(deps, viewer, copying, {
    asked: input,
    plan: async (source) => {
      const spans = await spansFrom(deps.db, source.id, [startsAt])
      await requireToCome(deps, spans, () => 'input.startsAt')
      return spans
    },
  })
  if (!event) throw new ServiceUnavailable()
  // What is left of it where this fails, a job copies.
  await copySale(deps, event.id).catch((error: unknown) => {
    if (!(error instanceof ServiceUnavailable)) throw error
  })
  return event
}

const repeatSchema = z
  .object({
    id: idSchema,
    dates: z
      .array(instantSchema)
      .min(1, 'must have a date')
      .max(MOST_DATES, `must have at most ${MOST_DATES}`)
      .nullish(),
    every: z.enum(['DAY', 'WEEK', 'MONTH']).nullish(),
    count: z.int().min(1, 'must be at least 1').max(MOST_DATES, `must be at most ${MOST_DATES}`).nullish(),
    startsAt: instantSchema.nullish(),
    idempotencyKey: keySchema.nullish(),
  })
  .refine(({ dates, every, count }) => (dates == null) === (every != null && count != null), {
    path: ['dates'],
    error: 'give either it, or every and count',
  })

/**
 * Makes such copies for many dates, all or none: for those that are given, or by a rule, at the same time of day by the clock of the place. They
 * are drafts, so nothing is reserved yet; where the room is taken already, or they would meet each other in it, no copy is made.
 * @throws as `duplicateEvent`; RoomNotAvailable, with each `date` that meets something.
 */
export async function repeatEvent(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Event[]> {
  const { dates, every, count, startsAt, ...copying } = parseInput(repeatSchema, input)
  return makeCopies(deps, viewer, copying, {
    asked: input,
    plan: async (source) => {
      const starts =
        every != null && count != null
          ? await startsByRule(deps.db, source.id, { every, count, first: startsAt ?? null })
          : (dates ?? [])
      const spans = await spansFrom(deps.db, source.id, starts)
      await requireToCome(deps, spans, (n) => (dates ? `input.dates.${n}` : 'input.startsAt'))
      if (source.roomId !== null) await requireFree(deps, source.roomId, spans)
      return spans
    },
  })
}

async function requireToCome(
  { db }: Deps,
  spans: readonly Span[],
  path: (n: number) => string,
): Promise<void> {
  const now = await databaseNow(db)
  const problems = spans.flatMap(({ startsAt }, n) =>
    startsAt <= now ? [{ path: path(n), message: 'must be in the future' }] : [],
  )
  if (problems.length > 0) throw new BadUserInput(problems)
}

/** @throws RoomNotAvailable where a date meets what the room is taken by, or one of the others. */
async function requireFree({ db }: Deps, roomId: string, spans: readonly Span[]): Promise<void> {
  const inOrder = spans.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
  const among = inOrder.flatMap((span, n) => {
    const before = inOrder[n - 1]
    return before && before.endsAt > span.startsAt ? [{ ...before, date: span.startsAt }] : []
  })
  const conflicts = [...(await findMeetings(db, roomId, spans)), ...among]
  if (conflicts.length > 0) throw new RoomNotAvailable(roomId, conflicts)
}

interface Copying {
  id: string
  title?: string | null | undefined
  idempotencyKey?: string | null | undefined
}

async function makeCopies(
  deps: Deps,
  viewer: Viewer | null,
  { id, title, idempotencyKey }: Copying,
  { asked, plan }: { asked: unknown; plan: (source: Event) => Promise<Span[]> },
): Promise<Event[]> {
  const { id: userId } = requireViewer({ viewer })
  const source = await ownedEvent(deps, viewer, id, 'input.id')
  const creation: Creation | null =
    idempotencyKey == null ? null : { userId, key: idempotencyKey, input: ['copies', asked] }
  const earlier = creation && (await findMade(deps, creation))
  if (earlier) return earlier
  const spans = await plan(source)
  const organizer: Viewer = { id: source.organizerId, role: 'ORGANIZER', sessionId: '' }
  const rights = await confirmRights(deps, organizer)
  const made = await transaction(deps.db, async (tx) => {
    await requireRights(tx, source.organizerId, rights)
    const ids = spans.map(() => newId())
    if (creation && !(await insertCreation(tx, creation, ids[0] ?? ''))) return null
    const events: Event[] = []
    for (const [n, { startsAt, endsAt }] of spans.entries())
      events.push(
        await insertEvent(tx, {
          ...source,
          id: ids[n] ?? newId(),
          status: 'DRAFT',
          title: title ?? source.title,
          startsAt,
          endsAt,
        }),
      )
    await insertDuplicates(tx, source.id, ids)
    for (const eventId of ids) await enqueue(tx, copySaleJob, { eventId })
    return events
  })
  const copies = made ?? (creation && (await findMade(deps, creation)))
  if (!copies) throw new ServiceUnavailable() // whoever had the key has given it up just now
  return copies
}

/** What was made by the same key, as it is now; null when nothing was. @throws IdempotencyKeyReused; NotFound when some of it is gone. */
async function findMade({ db }: Deps, creation: Creation): Promise<Event[] | null> {
  const firstId = await findCreated(db, creation)
  if (firstId === null) return null
  const ids = await listMadeWith(db, firstId)
  const events = await findEvents(db, ids)
  return ids.map((id) => {
    const event = events.get(id)
    if (!event) throw new NotFound('event', id)
    return event
  })
}
