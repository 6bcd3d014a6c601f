import { transaction } from '@karcis/kit/database'
import { BadUserInput, Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, moneySchema, nameSchema, parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import { expireHolds } from '../allocation/hold-ender.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { requireDuty } from '../allocation/known-events.ts'
import { currencyOfTicketTypes, requireChargeable } from './currency.ts'
import { accessCodeSchema, MAX_ACCESS_CODES } from '../inventory/access-codes.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import { scheduleSaleMoment } from '../inventory/sale-moment-store.ts'
import type { TicketKind, TicketType } from '../inventory/ticket-type.ts'
import {
  countPlannedPlaces,
  countTicketTypes,
  deleteUnusedTicketType,
  findTicketType,
  insertTicketType,
  lockHiding,
  lockTicketType,
  type TicketTypeTerms,
  updateTicketTypeTerms,
} from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import { endingWith, planProblems } from './ticket-type-plan.ts'

/** So many types an event has at most: whoever looks at it is given all of them. */
export const MAX_TYPES = 100
export const MAX_QUOTA = 10_000_000
const count = z.int().min(1).max(MAX_QUOTA)
const optionalFields = {
  description: textSchema(2_000).nullish(),
  accessCode: accessCodeSchema.nullish(),
  accessCodes: z
    .array(accessCodeSchema)
    .max(MAX_ACCESS_CODES, `must be at most ${MAX_ACCESS_CODES}`)
    .nullish(),
  hidden: z.boolean().nullish(),
  hiddenUntilSoldOut: idSchema.nullish(),
  saleStartsAt: instantSchema.nullish(),
  saleEndsAt: instantSchema.nullish(),
  maxPerUser: count.nullish(),
  section: nameSchema().nullish(),
}

const createSchema = z.object({
  name: nameSchema(),
  quota: count,
  ...optionalFields,
  eventId: idSchema,
  kind: z.enum(['FREE', 'PAID', 'DONATION']),
  price: moneySchema.nullish(),
})

/**
 * Adds a ticket type to an event of the viewer's, priced in the event's currency.
 * @throws Forbidden, NotFound, BadUserInput (also: nothing can charge the event's currency), EventNotBookable (cancelled or over),
 *   ServiceUnavailable.
 */
export async function createTicketType(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<TicketType | null> {
  const { eventId, kind, ...given } = parseInput(createSchema, input)
  const { eventStatus, over } = await requireDuty(deps, viewer, eventId, 'EDIT')
  if (eventStatus === 'CANCELLED' || over) throw new EventNotBookable(eventId)
  const currency = await currencyOfTicketTypes(deps, eventId)
  if (kind !== 'FREE') await requireChargeable(deps, currency)
  const id = newId()
  const wanted: TicketTypeTerms = {
    name: given.name,
    description: given.description ?? null,
    price: given.price ?? 0,
    quota: given.quota,
    section: given.section ?? null,
    maxPerUser: given.maxPerUser ?? null,
    saleStartsAt: given.saleStartsAt ?? null,
    saleEndsAt: given.saleEndsAt ?? null,
    accessCodes: codesOf(deps, id, given) ?? [],
    hidden: given.hidden ?? false,
    hiddenUntilSoldOut: given.hiddenUntilSoldOut ?? null,
    revealedAt: null,
  }
  await transaction(deps.db, async (tx) => {
    await lockEventCopy(tx, eventId) // until the end nobody else plans for it
    requireFewTypes((await countTicketTypes(tx, eventId)) + 1)
    const revealedAt = await requireHiding(tx, { id, eventId }, given.hiddenUntilSoldOut)
    const terms = await requirePlan(tx, {
      id,
      eventId,
      kind,
      wanted: { ...wanted, revealedAt: revealedAt ?? null },
      sent: Object.keys(wanted),
      quotaBefore: 0,
    })
    await insertTicketType(tx, { ...terms, id, eventId, kind, currency })
    await scheduleSaleMoment(tx, eventId)
  })
  publishStock(deps.live, eventId)
  return findTicketType(deps.db, id)
}

/** Whoever looks at an event is given all its types. @throws Conflict. */
export function requireFewTypes(count: number): void {
  if (count > MAX_TYPES)
    throw new Conflict(`An event has at most ${MAX_TYPES} ticket types.`, { limit: MAX_TYPES })
}

const updateSchema = z.object({
  ...optionalFields,
  id: idSchema,
  name: nameSchema().optional(),
  price: moneySchema.optional(),
  quota: count.optional(),
})

type Changes = Omit<z.infer<typeof updateSchema>, 'id'>

/**
 * Changes a ticket type of an event of the viewer's; what is left out stays.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (quota below what is sold and held, or of a type with seats).
 */
export async function updateTicketType(
  deps: Deps,
  viewer: Viewer,
  input: unknown,
): Promise<TicketType | null> {
  const { id, ...changes } = parseInput(updateSchema, input)
  const { eventId } = await requireOwnType(deps, viewer, id)
  const codes = codesOf(deps, id, changes)
  await transaction(deps.db, (tx) => update(tx, { id, eventId }, changes, codes))
  publishStock(deps.live, eventId)
  return findTicketType(deps.db, id)
}

async function update(
  tx: Tx,
  of: { id: string; eventId: string },
  changes: Changes,
  accessCodes: string[] | undefined,
): Promise<void> {
  await lockEventCopy(tx, of.eventId) // before its types, as everybody
  const { hiddenUntilSoldOut } = changes
  const revealedAt = await requireHiding(tx, of, hiddenUntilSoldOut)
  const locked = await lockTicketType(tx, of.id)
  if (!locked) throw new NotFound('ticket type', of.id)
  const wanted: TicketTypeTerms = {
    name: changes.name ?? locked.name,
    description: changed(changes.description, locked.description),
    price: changes.price ?? locked.price,
    quota: changes.quota ?? locked.quota,
    section: changed(changes.section, locked.section),
    maxPerUser: changed(changes.maxPerUser, locked.maxPerUser),
    saleStartsAt: changed(changes.saleStartsAt, locked.saleStartsAt),
    saleEndsAt: changed(changes.saleEndsAt, locked.saleEndsAt),
    accessCodes: accessCodes ?? locked.accessCodes,
    hidden: changes.hidden ?? locked.hidden,
    hiddenUntilSoldOut: changed(hiddenUntilSoldOut, locked.hiddenUntilSoldOut),
    revealedAt: changed(revealedAt, locked.revealedAt),
  }
  if (locked.seated && wanted.quota !== locked.quota)
    throw new Conflict('The quota of a type with seats is the number of its seats.')
  const sent = Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : field))
  const terms = await requirePlan(tx, {
    ...of,
    kind: locked.kind,
    wanted,
    sent,
    quotaBefore: locked.quota,
  })
  if (!(await updateTicketTypeTerms(tx, of.id, locked, terms))) {
    const least = locked.sold + locked.held
    throw new Conflict(`The quota cannot go below the ${least} that are sold and held.`, { least })
  }
  await scheduleSaleMoment(tx, of.eventId)
}

/** What somebody wants a ticket type to be. */
interface WantedType {
  id: string
  eventId: string
  kind: TicketKind
  wanted: TicketTypeTerms
  sent: string[]
  quotaBefore: number
}

/**
 * The terms as they are to be written: a sale ends with the event at the latest. Until the transaction ends nobody else plans for
 * this event. @throws BadUserInput for what does not agree with each other, the event, or its room.
 */
async function requirePlan(tx: Tx, { id, eventId, kind, wanted, sent, quotaBefore }: WantedType) {
  const event = await lockEventCopy(tx, eventId)
  if (!event) throw new NotFound('event', eventId)
  const terms = endingWith(event, wanted)
  const elsewhere = await countPlannedPlaces(tx, eventId, [id])
  const problems = planProblems({
    kind,
    terms,
    sent: new Set(sent as (keyof TicketTypeTerms)[]),
    event,
    elsewhere,
    quotaBefore,
  })
  if (problems.length > 0)
    throw new BadUserInput(problems.map(({ path, message }) => ({ path: `input.${path}`, message })))
  return terms
}

/** What is kept of the codes that were given, each once; undefined where none were. @throws BadUserInput for both at once. */
function codesOf(
  { accessCodes: kept }: Deps,
  id: string,
  { accessCode, accessCodes }: Pick<Changes, 'accessCode' | 'accessCodes'>,
): string[] | undefined {
  if (accessCode === undefined && accessCodes === undefined) return undefined
  if (accessCode != null && accessCodes != null)
    throw new BadUserInput([
      { path: 'input.accessCodes', message: 'cannot be given together with accessCode' },
    ])
  const codes = accessCode == null ? (accessCodes ?? []) : [accessCode]
  return [...new Set(codes)].map((code) => kept.digest(id, code))
}

/**
 * Whether a type can be hidden until another is sold out; both are locked.
 * @returns since when it shows: now, where that other is sold out already; undefined where nothing was said of another.
 * @throws BadUserInput for itself, or a type of another event.
 */
async function requireHiding(
  tx: Tx,
  { id, eventId }: { id: string; eventId: string },
  until: string | null | undefined,
): Promise<Date | null | undefined> {
  if (until == null) return until
  const since = until === id ? undefined : await lockHiding(tx, eventId, until, id)
  if (since !== undefined) return since
  throw new BadUserInput([
    { path: 'input.hiddenUntilSoldOut', message: 'must be another ticket type of this event' },
  ])
}

/** What was given, null included; what was not given stays. */
const changed = <T>(given: T | null | undefined, known: T | null): T | null =>
  given === undefined ? known : given

/**
 * Removes a ticket type of an event of the viewer's, and gives what it was.
 * @throws Forbidden, NotFound, Conflict (something is or was sold, is held, or it has seats).
 */
export async function deleteTicketType(deps: Deps, viewer: Viewer, id: string): Promise<TicketType> {
  const type = await requireOwnType(deps, viewer, parseInput(idSchema, id, 'id'))
  const { eventId, sold, held } = type
  await expireHolds(deps, { eventId, ticketTypeIds: [type.id] })
  const deleted = await transaction(deps.db, async (tx) => {
    const done = await deleteUnusedTicketType(tx, type)
    if (done) await scheduleSaleMoment(tx, eventId)
    return done
  })
  if (!deleted) throw new Conflict('Some of this type are sold or held.', { sold, held })
  publishStock(deps.live, eventId)
  return type
}

/** A ticket type of an event that the viewer organizes. @throws Forbidden, NotFound. */
async function requireOwnType(deps: Deps, viewer: Viewer, id: string): Promise<TicketType> {
  const type = await findTicketType(deps.db, id)
  if (!type) throw new NotFound('ticket type', id)
  await requireDuty(deps, viewer, type.eventId, 'EDIT')
  return type
}
