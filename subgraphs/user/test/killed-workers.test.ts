import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { eventually } from '@karcis/testkit/eventually'
import { type MailServer, startMailServer } from '@karcis/testkit/mail-server'
import { NOBODY, SERVICE_SECRET } from '@karcis/testkit/people'
import { startProcess } from '@karcis/testkit/process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Notice, notify } from '../src/domain/notifications/notify.ts'
import { createUserSubgraph } from '../src/server.ts'
import { type Story, startStory } from './stories.ts'

const PEOPLE = 60
/** How many processes send in each round, and by how many mails it is ended by force: somewhere in the middle of the burst. */
const KILLED = [
  { workers: 2, at: 25 },
  { workers: 1, at: 70 },
]
const DEATHS = KILLED.reduce((sum, { workers }) => sum + workers, 0)
/** Messages that a process has under way at once. */
const AT_ONCE = 32

let server: MailServer
let story: Story
beforeAll(async () => {
  server = await startMailServer()
  story = await startStory() // which itself has no way to send a mail
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** A process of the user subgraph that sends mails. */
const startWorker = () => {
  const { settings } = story
  return startProcess('subgraphs/user/src/main.ts', {
    NODE_ENV: 'test',
    LOG_LEVEL: 'warn',
    SERVICE_SECRET,
    DATABASE_URL: settings.DATABASE_URL,
    REDIS_URL: settings.REDIS_URL,
    KEY_ENCRYPTION_SECRET: settings.KEY_ENCRYPTION_SECRET,
    PASSWORD_PEPPER: settings.PASSWORD_PEPPER,
    EVENT_URL: NOBODY,
    TICKET_URL: NOBODY,
    BOOKING_URL: NOBODY,
    SMTP_URL: server.url,
    MAIL_FROM: 'Karcis <tickets@karcis.example>',
    EMAIL_PER_SECOND: '60',
  })
}

it('of a burst each message reaches each person once, though those who send it are killed again and again; what is sent twice is the same mail', async () => {
  const people = await story.sql<{ id: string }>(`INSERT INTO users (id, email, name)
    SELECT uuidv7(), 'burst' || n || '@karcis.test', 'Burst' FROM generate_series(1, ${PEOPLE}) n RETURNING id`)
  const notices = (name: string) =>
    people.map(
      ({ id }): Notice => ({
        userId: id,
        kind: 'PROPOSAL_REVIEWED',
        cause: name,
        data: { proposalId: newId(), name, decision: 'APPROVED', message: null },
      }),
    )
  // Each is told of by three, who do not know of each other.
  await Promise.all(
    [1, 2, 3].map(async () => {
      for (const name of ['First', 'Second'])
        await transaction(story.subgraph.deps.db, (tx) => notify(tx, notices(name)))
    }),
  )
  const [{ waiting }] = await story.sql(
    "SELECT count(*)::int AS waiting FROM deliveries WHERE state = 'WAITING'",
  )
  expect(waiting).toBe(2 * PEOPLE)

  for (const { workers: count, at } of KILLED) {
    const workers = await Promise.all(Array.from({ length: count }, startWorker))
    await eventually(() => expect(server.mails.length).toBeGreaterThan(at))
    await sleep(Math.random() * 100)
    for (const worker of workers) worker.signal('SIGKILL')
    for (const worker of workers) expect(await worker.ended).toBe('SIGKILL')
    // Nobody is left, so what they had taken need not wait for the end of its lease.
    await story.sql("UPDATE deliveries SET not_before = now() WHERE state = 'WAITING'")
  }
  {
    const mails = { SMTP_URL: server.url, MAIL_FROM: 'Karcis <tickets@karcis.example>' }
    await using _last = await createUserSubgraph({ ...story.settings, ...mails, PORT: 0 })
    await eventually(async () =>
      expect(await story.sql('SELECT state::text, count(*)::int FROM deliveries GROUP BY state')).toEqual([
        { state: 'SENT', count: 2 * PEOPLE },
      ]),
    )
  }

  const ids = server.mails.map(({ raw }) => /^Message-ID: (\S+)/im.exec(raw.toString())?.[1])
  const once = new Set(ids)
  expect(once.size).toBe(2 * PEOPLE)
  const repeats = ids.length - once.size
  expect(repeats).toBeLessThanOrEqual(DEATHS * AT_ONCE)
  console.log(`${repeats} of ${2 * PEOPLE} mails came twice after ${DEATHS} processes were killed`)
  // Once per person and cause: a mail that came again is the same to whoever has it.
  const perPerson = Map.groupBy(
    [...new Map(server.mails.map((mail, at) => [ids[at], mail])).values()],
    ({ to }) => to,
  )
  expect(perPerson.size).toBe(PEOPLE)
  expect([...perPerson.values()].every((mails) => mails.length === 2)).toBe(true)
})
