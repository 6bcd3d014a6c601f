import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema, isId } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { beginOfDay } from '../check-ins/admission.ts'
import { type DoorEvent, findDoorEvent } from '../check-ins/door-policy-store.ts'
import { type BundleCursor, findBundlePage, type TypePage } from '../check-ins/door-bundle-store.ts'
import type { Deps } from '../deps.ts'
import { type VerificationKey, verificationKeys } from '../tickets/ticket-code.ts'
import { type Asker, requireScanner } from './access.ts'

/** Some 1.2 MB as text. */
const PAGE = 100_000

/** A time in which a ticket type admits. */
interface Window {
  from: Date
  until: Date
}

/** A ticket type as a door is told of it. */
export interface BundledType {
  ticketTypeId: string
  name: string
  gates: readonly string[] | null
  windows: Window[] | null
  tickets: string
}

/** What a door needs to check tickets in by itself. */
export interface DoorBundle extends DoorEvent {
  keys: VerificationKey[]
  whole: boolean
  more: boolean
  cursor: string
  ticketTypes: BundledType[]
}

/**
 * What a door needs to check tickets of an event in by itself: all of it, or what has changed.
 * @param since the cursor of the answer before; null at first. @throws Unauthenticated, Forbidden, NotFound, BadUserInput.
 */
export async function readDoorBundle(
  deps: Deps,
  asker: Asker,
  id: string,
  since: string | null,
): Promise<DoorBundle> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireScanner(deps, asker, eventId)
  const asked = since === null ? null : readCursor(eventId, since)
  const event = await findDoorEvent(deps.db, eventId)
  if (!event) throw new NotFound('event', eventId)
  const { page, from } = await readPage(deps, eventId, asked)
  const next = from?.next ?? page.lowestRunning
  const cursor: BundleCursor = page.last
    ? { next, since: from?.since ?? null, after: page.last }
    : { next, since: next, after: null }
  return {
    ...event,
    keys: await verificationKeys(deps.signingKeys),
    whole: from === null,
    more: page.last !== null,
    cursor: writeCursor(eventId, cursor),
    ticketTypes: page.types.map((type) => toBundled(type, event)),
  }
}

/** A page, and where it went on from: null when it is the first of all tickets. */
async function readPage(deps: Deps, eventId: string, asked: BundleCursor | null) {
  const whole = { since: null, after: null }
  const page = await findBundlePage(deps.db, eventId, asked ?? whole, PAGE)
  if (asked === null) return { page, from: null }
  // From a database that has not come as far, as after a restore: what it has may have changed otherwise.
  if (asked.next > page.notBegun)
    return { page: await findBundlePage(deps.db, eventId, whole, PAGE), from: null }
  // Once the tickets are told that are to be, changes are told up to where this page saw them.
  const isNew = asked.since !== null && asked.after === null
  return { page, from: isNew ? { ...asked, next: page.lowestRunning } : asked }
}

function toBundled({ ticketTypeId, name, gates, days, tickets }: TypePage, event: DoorEvent): BundledType {
  const windows =
    days?.map((day) => ({ from: beginOfDay(event, day), until: beginOfDay(event, day + 1) })) ?? null
  return { ticketTypeId, name, gates, windows, tickets: Buffer.from(tickets).toString('base64') }
}

const writeCursor = (eventId: string, { next, since, after }: BundleCursor): string =>
  Buffer.from([eventId, next, since ?? '', after?.changedIn ?? '', after?.id ?? ''].join(' ')).toString(
    'base64url',
  )

/** A number of a transaction, 64 bits at most. */
const NUMBER = /^\d{1,18}$/

/** @throws BadUserInput for what is no cursor of this event. */
function readCursor(eventId: string, cursor: string): BundleCursor {
  const [ofEvent, next = '', since = '', changedIn = '', id = '', ...rest] = Buffer.from(cursor, 'base64url')
    .toString()
    .split(' ')
  const isNumber = (text: string): boolean => NUMBER.test(text)
  const isWhole =
    ofEvent === eventId &&
    rest.length === 0 &&
    isNumber(next) &&
    (since === '' || isNumber(since)) &&
    (id === '' ? since !== '' && changedIn === '' : isId(id) && isNumber(changedIn))
  if (!isWhole) throw new BadUserInput([{ path: 'since', message: 'is no cursor of this event' }])
  return {
    next: BigInt(next),
    since: since === '' ? null : BigInt(since),
    after: id === '' ? null : { changedIn: BigInt(changedIn), id },
  }
}
