import { setTimeout as pause } from 'node:timers/promises'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { testRedisUrl } from '@karcis/testkit/redis'
import { expect, it } from 'vitest'
import { arena, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { booksOf } from './books.ts'
import { shopUntil } from './buyers.ts'
import { createApi } from './karcis.ts'
import { startProcesses } from './processes.ts'

/** How often each of the five processes is killed. `npm run chaos` sets more. */
const ROUNDS = Number(process.env.KARCIS_CHAOS_ROUNDS ?? 1)
const BUYERS = 6
const HOLD_SECONDS = 6
const PROCESSES = ['ticket', 'booking', 'event', 'user', 'router'] as const

it(`keeps seats, tickets and money right while every process is killed ${ROUNDS}x amid sales`, {
  timeout: 120_000 + ROUNDS * 60_000,
}, async () => {
  await using undo = new AsyncDisposableStack()
  const databases = {} as Record<SubgraphName, string>
  for (const name of SUBGRAPHS) databases[name] = undo.use(await createTestDatabase(name)).url
  const platform = undo.use(
    await startProcesses(databases, testRedisUrl(), { HOLD_SECONDS: String(HOLD_SECONDS) }),
  )
  const karcis = createApi(platform.url)
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const hall = await arena(karcis, admin, organizer)
  const buyers = await Promise.all(Array.from({ length: BUYERS }, () => signUp(karcis, 'Buyer')))

  const books = undo.use(await booksOf(databases))
  const storm = new AbortController()
  const shopping = buyers.map((buyer, index) => shopUntil(storm.signal, karcis, buyer, hall, index))
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of PROCESSES) {
      await pause(300 + Math.random() * 700) // any moment of the story
      await platform.kill(name)
      expect(await books.bookedWithoutPlaces()).toEqual([]) // line 1, amid it all
    }
  }
  storm.abort()
  const outcomes = (await Promise.all(shopping)).flat()
  expect(outcomes.filter((outcome) => outcome.status === 'PAID').length).toBeGreaterThan(0)

  await eventually(async () => expect(await books.unfinished()).toEqual([]), 90_000)
  await eventually(async () => expect(await books.contradictions()).toEqual([])) // a job may just now be due
  for (const outcome of outcomes) expect(await books.statusOf(outcome.id), outcome.id).toBe(outcome.status)

  // The audit is not blind: it finds a ticket that has gone missing.
  await books.loseTicket()
  expect(await books.contradictions()).not.toEqual([])
})
