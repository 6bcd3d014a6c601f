import { statement, transaction } from '@karcis/kit/database'
import { keepLooking, type Lookout } from '@karcis/kit/lookout'
import { isAway } from '@karcis/kit/outages'
import { ERASED_NAME } from '../../accounts/erased.ts'
import type { Deps } from '../../deps.ts'
import { isKind } from '../kinds.ts'
import { type Notice, notify } from '../notify.ts'
import {
  type Announcement,
  insertReminders,
  moveAnnouncement,
  takeDueAnnouncements,
  updateLater,
} from './announcement-store.ts'
import { readAudience } from './audience.ts'
import type { EventCopy } from './event-copy-store.ts'
import { findOrganizerName, knownEvent, readEventFacts } from './event-facts.ts'

/** Announcements that are taken at once, and told together as far as they are to single people. */
const AT_ONCE = 50
/** Between two looks while there is nothing. */
const IDLE_MS = 1_000
const PAUSE_MS = 20
/** Between two pages of a crowd, whichever processes tell them: others have the database for most of the time, and what is for single people goes at once. */
const CROWD_PAUSE_SECONDS = 1
/** What failed is tried again after one, two, four… seconds, and never later than after so many. */
const MOST_PAUSE_SECONDS = 300

export type AnnouncerDeps = Pick<Deps, 'db' | 'log' | 'clients'>

/**
 * Tells what is announced, for as long as the process lives: each page of an audience in a transaction of its own, which also notes how far that has come. It rests
 * on nothing but the table of announcements; any number of processes may do it, and what one died with another goes on with.
 */
export const announceDue = (deps: AnnouncerDeps): Lookout =>
  keepLooking((closing) => tellDue(deps, closing), {
    soonMs: PAUSE_MS,
    idleMs: IDLE_MS,
    log: deps.log,
    failed: 'what is due cannot be announced',
  })

async function tellDue(deps: AnnouncerDeps, closing: AbortSignal): Promise<number> {
  const due = await transaction(deps.db, (tx) => takeDueAnnouncements(tx, AT_ONCE))
  for (const announcement of due) {
    if (closing.aborted) await statement(deps.db, (tx) => updateLater(tx, announcement, 0))
    else await tryAnnouncement(deps, announcement)
  }
  return due.length > 0 ? 0 : IDLE_MS
}

/** Tells the next page of it: nothing that is for one person, such as their tickets, waits until a crowd has heard something else. */
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
 * Tells an announcement from where it has got to, page by page.
 * @param pages after which the rest is left to whoever takes it next. @throws ServiceUnavailable while a subgraph is away that it needs.
 */
export async function announce(
  deps: AnnouncerDeps,
  announcement: Announcement,
  pages = Number.POSITIVE_INFINITY,
): Promise<void> {
  const { db } = deps
  const { eventId } = announcement
  const event = eventId === null ? null : await knownEvent(deps, eventId)
  const isOver = announcement.until !== null && announcement.until <= new Date()
  if ((eventId !== null && event === null) || isOver)
    return void (await transaction(db, (tx) => moveAnnouncement(tx, announcement, null)))
  const about = {
    ...(event && (await wordEvent(deps, event, announcement))),
    ...(await namePerson(deps, announcement)),
  }
  let { position } = announcement
  for (let told = 1; ; told += 1) {
    const page = await readAudience(deps, { ...announcement, position }, event)
    const from = { ...announcement, position }
    const isOurs = await transaction(db, async (tx) => {
      if (!(await moveAnnouncement(tx, from, page.next))) return false
      await notify(
        tx,
        page.userIds.map((userId) => noticeOf(announcement, userId, about)),
      )
      return true
    })
    if (!isOurs) return
    position = page.next
    if (position === null) return
    if (told >= pages) return statement(db, (tx) => updateLater(tx, announcement, CROWD_PAUSE_SECONDS))
  }
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
