import { setTimeout as delay } from 'node:timers/promises'
import {
  AUTH_CHANGES_KEPT_SECONDS,
  AUTH_CHANGES_PATH,
  authChangesFeed,
} from '@karcis/kit/contracts/auth-changes'
import { ENROLLING_ROLE, MULTI_FACTOR } from '@karcis/kit/contracts/tokens'
import type { Logger } from '@karcis/kit/log'
import type { Bearer, Viewer } from '@karcis/kit/service-token'

const KEEP_MS = AUTH_CHANGES_KEPT_SECONDS * 1000

/** Whoever is denied something makes the user subgraph be asked; not more often than this. */
const REFRESH_GAP_MS = 50

/** What has happened to sessions and users since their tokens were signed. */
export interface Revocations extends Disposable {
  /** False until the user subgraph has answered once: until then nothing is known, and no token may be trusted. */
  readonly isReady: boolean
  /** The viewer with their present role; null when their session has ended or their account is suspended. */
  check(viewer: Bearer): Bearer | null
  /** Asks now. */
  poll(): Promise<void>
  /** Asks for whatever has happened until now, unless the user subgraph has just been asked: then a little later. */
  refresh(): Promise<void>
}

export interface RevocationsOptions {
  /** GET of `AUTH_CHANGES_PATH`, with `since` except the first time; rejects while the user subgraph is unavailable. */
  fetchChanges(path: string): Promise<unknown>
  pollMs: number
  /** Called when something may have changed for a viewer who is connected. */
  onChange(): void
  log: Logger
}

export function watchRevocations({ fetchChanges, pollMs, onChange, log }: RevocationsOptions): Revocations {
  const sessions = new Map<string, number>()
  const users = new Map<string, Change>()
  /** The time of the last response, by the clock of the user subgraph. */
  let since: number | null = null
  let underWay: Promise<void> | null = null
  let askAgain = false
  let isUnavailable = false

  let askedAt = Number.NEGATIVE_INFINITY

  async function ask(): Promise<void> {
    askedAt = performance.now()
    try {
      const query = since === null ? '' : `?since=${encodeURIComponent(new Date(since).toISOString())}`
      const feed = authChangesFeed.parse(await fetchChanges(AUTH_CHANGES_PATH + query))
      for (const { id, revokedAt } of feed.sessions) sessions.set(id, revokedAt)
      for (const { id, ...user } of feed.users) users.set(id, user)
      forget(sessions, (revokedAt) => revokedAt < feed.now - KEEP_MS)
      forget(users, ({ changedAt }) => changedAt < feed.now - KEEP_MS)
      since = feed.now
      if (isUnavailable) log.info('revocations are known again')
      isUnavailable = false
      if (feed.sessions.length + feed.users.length > 0) onChange()
    } catch (error) {
      if (!isUnavailable)
        log.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'revocations are not known',
        )
      isUnavailable = true
    }
  }

  /** One request at a time; a notice that comes during one makes another follow, because it may have been too early. */
  async function poll(): Promise<void> {
    if (underWay) {
      askAgain = true
      return underWay
    }
    underWay = (async () => {
      do {
        askAgain = false
        await ask()
      } while (askAgain)
    })()
    await underWay.finally(() => {
      underWay = null
    })
  }

  const timer = setInterval(() => {
    if (!underWay) void poll()
  }, pollMs).unref()

  return {
    get isReady() {
      return since !== null
    },
    check(viewer) {
      const user = users.get(viewer.id)
      if (sessions.has(viewer.sessionId) || user?.suspended) return null
      return user ? withPresentRole(viewer, user) : viewer
    },
    poll,
    async refresh() {
      const gap = askedAt + REFRESH_GAP_MS - performance.now()
      if (gap > 0) await delay(gap)
      await poll()
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

interface Change {
  role: Viewer['role']
  suspended: boolean
  needsSecondFactor: boolean
  changedAt: number
}

/** A new role is in force at once, and so is what it asks for. Only another token ends having to set up a second factor. */
function withPresentRole(viewer: Bearer, { role, needsSecondFactor }: Change): Bearer {
  if (viewer.role === ENROLLING_ROLE) return viewer
  if (needsSecondFactor && !viewer.amr?.includes(MULTI_FACTOR)) return { ...viewer, role: ENROLLING_ROLE }
  return role === viewer.role ? viewer : { ...viewer, role }
}

function forget<T>(entries: Map<string, T>, isOld: (entry: T) => boolean): void {
  for (const [id, entry] of entries) if (isOld(entry)) entries.delete(id)
}
