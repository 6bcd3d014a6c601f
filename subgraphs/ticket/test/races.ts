import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { type Met, mutantOf } from '@karcis/testkit/mutants'
import { expect } from 'vitest'
import type { Deps } from '../src/domain/deps.ts'
import type { Process, Story } from './stories.ts'

/** Something that starts while a lock is held, and how many sessions wait once it has come as far as it can. */
export interface Step<T> {
  start: () => Promise<T>
  waiting: number
}

/**
 * Takes a lock, starts the steps one after the other, each when those before it wait, and lets them all go at once: what
 * follows is as close a race as there can be. Postgres hands a row's lock on in the order of waiting.
 */
export async function pileUp<T>({ deps }: Process, lock: string, ...steps: Step<T>[]): Promise<T[]> {
  const running: Promise<T>[] = []
  const go = (start: () => Promise<T>): void => {
    const promise = start()
    promise.catch(() => undefined) // whoever called sees it, once all have been let go
    running.push(promise)
  }
  await deps.db.$transaction(
    async (tx) => {
      await tx.$executeRawUnsafe(lock)
      for (const { start, waiting } of steps) {
        go(start)
        await untilBlocked(tx, waiting)
      }
    },
    { timeout: 10_000 },
  )
  return Promise.all(running)
}

/** Takes a guard out of the SQL that a process sends: every `from` becomes `to`. @returns how often it was met. */
export function takeOutGuard(deps: Deps, from: string, to = ''): Met {
  const { db, met } = mutantOf(deps.db, from, to)
  deps.db = db
  return met
}

/** Takes a guard out of a function of the database. */
export async function changeFunction({ sql }: Story, name: string, from: string, to: string): Promise<void> {
  const [found] = await sql<{ text: string }>(`SELECT pg_get_functiondef('${name}'::regproc) AS text`)
  if (found?.text.split(from).length !== 2) throw new Error(`${name} does not have this once: ${from}`)
  await sql(found.text.replace(from, to))
}

/** Makes every transaction that Postgres breaks off fail for good: the guard that is taken out is running it again. */
export function withoutRetries({ deps }: Process): void {
  const { db } = deps
  deps.db = new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== '$transaction') return value.bind(target)
      return (...args: unknown[]) =>
        (value.apply(target, args) as Promise<unknown>).catch((error: Error) => {
          throw error.name === 'PrismaClientKnownRequestError' ? new Error(error.message) : error
        })
    },
  })
}

/** What the counters say of the places of a ticket type, and what holds, tickets and seats say. */
interface Balance {
  name: string
  [column: string]: unknown
}

/** Ticket types whose counters disagree with their holds and tickets, and seats that do not belong to exactly one of these. */
export async function imbalances({ sql }: Story): Promise<Balance[]> {
  return sql<Balance>(`
    SELECT 'stock of ' || t.name AS name, t.quota, t.sold, t.held, t.available, b.live, b.kept FROM ticket_types t
    CROSS JOIN LATERAL (SELECT
      (SELECT count(*)::int FROM tickets k WHERE k.ticket_type_id = t.id AND k.status IN ('VALID', 'USED')) AS live,
      (SELECT coalesce(sum(i.quantity), 0)::int FROM hold_items i JOIN holds h ON h.id = i.hold_id
        WHERE i.ticket_type_id = t.id AND h.status = 'ACTIVE') AS kept) b
    WHERE t.sold <> b.live OR t.held <> b.kept OR t.available < 0 OR t.sold + t.held + t.available <> t.quota
    UNION ALL
    SELECT 'seat ' || s.row_label || s.number || ' ' || s.status, b.live, b.kept, NULL, NULL, NULL, NULL FROM seats s
    CROSS JOIN LATERAL (SELECT
      (SELECT count(*)::int FROM tickets k WHERE k.seat_id = s.id AND k.status IN ('VALID', 'USED')) AS live,
      (SELECT count(*)::int FROM hold_items i JOIN holds h ON h.id = i.hold_id
        WHERE i.seat_id = s.id AND h.status = 'ACTIVE') AS kept) b
    WHERE (b.live, b.kept) <> (CASE s.status WHEN 'SOLD' THEN 1 ELSE 0 END, CASE s.status WHEN 'HELD' THEN 1 ELSE 0 END)
    UNION ALL
    SELECT 'allowance', a.taken, b.had, NULL, NULL, NULL, NULL FROM allowances a
    CROSS JOIN LATERAL (SELECT
      (SELECT count(*)::int FROM tickets k WHERE k.owner_id = a.user_id AND k.ticket_type_id = a.ticket_type_id
        AND k.status IN ('VALID', 'USED')) +
      (SELECT coalesce(sum(i.quantity), 0)::int FROM hold_items i JOIN holds h ON h.id = i.hold_id
        WHERE h.user_id = a.user_id AND i.ticket_type_id = a.ticket_type_id AND h.status = 'ACTIVE') AS had) b
    WHERE a.taken <> b.had
    UNION ALL
    SELECT 'open places', o.taken, b.open, NULL, NULL, NULL, NULL FROM open_places o
    FULL JOIN (SELECT h.user_id, h.event_id, sum(i.quantity)::int AS open FROM holds h JOIN hold_items i ON i.hold_id = h.id
      WHERE h.status = 'ACTIVE' GROUP BY h.user_id, h.event_id) b USING (user_id, event_id)
    WHERE coalesce(o.taken, 0) <> coalesce(b.open, 0)`)
}

/** Invariants 1 and 2 over everything in the database. */
export const expectBooksToBalance = async (story: Story): Promise<void> =>
  expect(await imbalances(story)).toEqual([])
