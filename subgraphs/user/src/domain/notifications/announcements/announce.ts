import { statement, transaction } from '@karcis/kit/database'
import { keepLooking, type Lookout } from '@karcis/kit/lookout'
import { isAway } from '@karcis/kit/outages'
import { ERASED_NAME } from '../../accounts/erased.ts'
import type { Deps } from '../../deps.ts'
import { tellInPieces } from '../crowds.ts'
import { isKind } from '../kinds.ts'
import { type Notice, notify } from '../notify.ts'
import {
  type Announcement,
  type Audience,
  insertReminders,
  moveAnnouncement,
  takeDueAnnouncements,
  updateLater,
} from './announcement-store.ts'
import { CROWDS, FEW, isCrowd, readCrowd, readFew } from './audience.ts'
import type { EventCopy } from './event-copy-store.ts'
import { findOrganizerName, knownEvent, readEventFacts } from './event-facts.ts'

/** Announcements to single people that are taken at once. Of those to crowds one is. */
const AT_ONCE = 50
/** Between two looks while there is nothing. */
const IDLE_MS = 1_000
const PAUSE_MS = 20
/** What failed is tried again after one, two, four… seconds, and never later than after so many. */
const MOST_PAUSE_SECONDS = 300

export type AnnouncerDeps = Pick<Deps, 'db' | 'log' | 'clients' | 'crowds'>

/**
 * Tells what is announced, for as long as the process lives. It rests on nothing but the table of announcements; any number of processes may do it, and what one died
 * with another goes on with. What is for single people, such as their tickets, goes by itself, and waits for no crowd; each crowd is told a page, then
 * it is the turn of the next.
 */
export function announceDue(deps: AnnouncerDeps): Lookout {
  const lookouts = [keepTelling(deps, FEW, AT_ONCE), keepTelling(deps, CROWDS, 1)]
  return {
    wake() {
      for (const lookout of lookouts) lookout.wake()
    },
    async close() {
      await Promise.all(lookouts.map((lookout) => lookout.close()))
    },
  }
}

function keepTelling(deps: AnnouncerDeps, audiences: readonly Audience[], atOnce: number): Lookout {
  const tellDue = async (closing: AbortSignal): Promise<number> => {
    const due = await transaction(deps.db, (tx) => takeDueAnnouncements(tx, audiences, atOnce))
    for (const announcement of due) {
      if (closing.aborted) await statement(deps.db, (tx) => updateLater(tx, announcement, 0))
      else await tryAnnouncement(deps, announcement)
    }
    return due.length > 0 ? 0 : IDLE_MS
  }
  return keepLooking(tellDue, {
    soonMs: PAUSE_MS,
    idleMs: IDLE_MS,
    log: deps.log,
    failed: 'what is due cannot be announced',
  })
}

/** Tells all of it, or the next page of a crowd. */
async function tryAnnouncement(deps: AnnouncerDeps, announcement: Announcement): Promise<void> {
  try {
    await announce(deps, announcement, 1)
  } catch (error) {
    const { id, kind, attempts } = announcement
    if (!isAway(error, deps.log)) deps.log.warn({ err: error, id, kind, attempts }, 'not announced yet')
    await statement(deps.db, (tx) =>
      updateLater(tx, announcement, Math.min(2 ** (attempts - 1), MOST_PAUSE_SECONDS)),
    )
  }
}

/**
 * Tells an announcement from where it has got to: each piece of a crowd in a transaction of its own, which also notes how far that has come.
 * @param pages of a crowd, after which the rest is left to whoever takes it next. @throws ServiceUnavailable while a subgraph is away that it needs.
 */
export async function announce(
  deps: AnnouncerDeps,
  announcement: Announcement,
  pages = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { db } = deps
  const { eventId, audience } = announcement
  const event = eventId === null ? null : await knownEvent(deps, eventId)
  const isOver = announcement.until !== null && announcement.until <= new Date()
  if ((eventId !== null && event === null) || isOver)
    return void (await transaction(db, (tx) => moveAnnouncement(tx, announcement, null)))
  const about = {
    ...(event && (await wordEvent(deps, event, announcement))),
    ...(await namePerson(deps, announcement)),
  }
  let { position } = announcement
  const tell = (userIds: readonly string[], to: string | null): Promise<boolean> =>
    transaction(db, async (tx) => {
      if (!(await moveAnnouncement(tx, { ...announcement, position }, to))) return false
      await notify(
        tx,
        userIds.map((userId) => noticeOf(announcement, userId, about)),
      )
      return true
    })
  if (!isCrowd(audience)) return void (await tell(await readFew(deps, announcement, event), null))
  for (let told = 0; told < pages; told += 1) {
    const page = await readCrowd(deps, audience, { ...announcement, position }, event)
    const isOurs = await tellInPieces(deps.crowds, page, async (userIds, to) => {
      const isTold = await tell(userIds, to)
      position = to
      return isTold
    })
    if (!isOurs || position === null) return
  }
  await statement(db, (tx) => updateLater(tx, announcement, 0))
}

function noticeOf({ kind, cause, data, until }: Announcement, userId: string, about: object): Notice {
  if (!isKind(kind)) throw new Error(`nothing is known of the kind ${kind}`)
  // Its data was written as what the kind wants, which `notify` checks.
  return { userId, kind, cause, data: { ...about, ...data }, ...(until && { until }) } as Notice
}

/** What the texts say of an event. */
async function wordEvent(deps: AnnouncerDeps, event: EventCopy, { kind }: Announcement): Promise<object> {
  const about = await readEventFacts(deps, event)
  return kind === 'NEW_EVENT' ? { ...about, organizer: await findOrganizerName(deps, event) } : about
}

/** How somebody is called whom an announcement is about, by now: what waits to be told has no names in it. */
async function namePerson({ db }: AnnouncerDeps, { data }: Announcement): Promise<{ name: string } | null> {
  if (typeof data.personId !== 'string') return null
  const person = await db.user.findUnique({
    where: { id: data.personId, deletedAt: null },
    select: { name: true },
  })
  return { name: person?.name ?? ERASED_NAME }
}

/** Announces reminders that have become due. */
export async function announceReminders({ db, log }: Pick<Deps, 'db' | 'log'>): Promise<void> {
  const events = await statement(db, (tx) => insertReminders(tx))
  if (events > 0) log.info({ reminders: events }, 'reminders announced')
}
