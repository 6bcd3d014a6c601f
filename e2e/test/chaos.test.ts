import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { PERSON_FAULT_POINTS } from '@karcis/kit/fault-points'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { testRedisUrl } from '@karcis/testkit/redis'
import { tracesIn } from '@karcis/testkit/traces'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  arena,
  createBooking,
  PASSWORD,
  pay,
  type Person,
  signInAdmin,
  signInAgain,
  signUp,
  signUpOrganizer,
} from './builders.ts'
import { booksOf } from './books.ts'
import { shopUntil } from './buyers.ts'
import { type Api, createApi } from './karcis.ts'
import { type Platform, startProcesses } from './processes.ts'

/** How often each of the five processes is killed. `npm run chaos` sets more. */
const ROUNDS = Number(process.env.KARCIS_CHAOS_ROUNDS ?? 1)
const BUYERS = 4
/** Between two things that a buyer does: a process dies amid their sales all the same, and is not kept from starting. */
const THINK_MS = 150
const HOLD_SECONDS = 6
const PROCESSES = ['ticket', 'booking', 'event', 'user', 'router'] as const

type PersonFault = (typeof PERSON_FAULT_POINTS)[number]

/** Whether every moment is tried at which one may die of what becomes of a person, or one of each process. */
const THOROUGH = ROUNDS > 1
const NAME = 'Wulandarisetya'
const PHONE = '+62 811 7777 001'
const ADDRESS = 'Jalan Kenanga 77b'

const stack = new AsyncDisposableStack()
const databases = {} as Record<SubgraphName, string>
const folder = mkdtempSync(join(tmpdir(), 'karcis-chaos-'))
const fileOf = (name: string) => join(folder, name)
let platform: Platform
let karcis: Api
let organizer: Person
let hall: Awaited<ReturnType<typeof arena>>

beforeAll(async () => {
  stack.defer(() => rmSync(folder, { recursive: true }))
  for (const name of SUBGRAPHS) databases[name] = stack.use(await createTestDatabase(name)).url
  const settings = { HOLD_SECONDS: String(HOLD_SECONDS) }
  platform = stack.use(await startProcesses(databases, testRedisUrl(), settings, fileOf))
  karcis = createApi(platform.url)
  const admin = await signInAdmin(karcis)
  organizer = await signUpOrganizer(karcis, admin)
  hall = await arena(karcis, admin, organizer)
})
afterAll(() => stack.disposeAsync())

it('has somebody’s data collected, and nothing left of them in any table, wherever the processes are killed meanwhile', async () => {
  await using undo = new AsyncDisposableStack()
  const traces = await Promise.all(SUBGRAPHS.map(async (name) => undo.use(await tracesIn(databases[name]))))
  const jobs = new pg.Pool({ connectionString: databases.user, max: 1 })
  undo.defer(() => jobs.end())

  const died: string[] = []
  /** As the heartbeat of the others does some seconds after a process has died. */
  const freeJobs = () =>
    jobs.query('UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL, run_at = now()')
  /** Has a process die at each of these points, one after the other. @param cause what brings it there, if anything has to. */
  async function dieAtEach(
    name: SubgraphName,
    points: PersonFault[],
    cause: (at: number) => Promise<unknown>,
  ) {
    for (const [at, point] of points.entries()) {
      writeFileSync(fileOf(name), point)
      await cause(at)
      await eventually(() => expect(existsSync(`${fileOf(name)}.done`), point).toBe(true), 60_000)
      rmSync(`${fileOf(name)}.done`)
      died.push(point)
    }
  }
  /** Asks until there is an answer: whoever was to give it may just be dead. */
  const insist = <T>(ask: () => Promise<T>) => eventually(ask, 30_000)

  const { eventId, standing } = hall
  const [wulan, friend] = [await signUp(karcis, NAME), await signUp(karcis, 'Budi')]
  const own = (query: string, variables = {}) => karcis.run(query, variables, wulan.token)
  const guests = `name,email,ticket type\n${NAME},${wulan.email},Standing`
  await karcis.run(
    'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id } }',
    { input: { eventId, csv: guests } },
    organizer.token,
  )
  await own('mutation ($input: UpdateUserInput!) { updateUser(input: $input) { id } }', {
    input: { id: wulan.id, phoneNumber: PHONE, address: ADDRESS },
  })
  const { createBooking: booking } = await createBooking(karcis, wulan, {
    ticketTypeId: standing,
    quantity: 3,
  })
  const [kept, given] = (await pay(karcis, wulan, booking.id)).confirmPayment.tickets
  await own('mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { id } }', {
    input: { ticketId: kept.id, name: NAME, answers: [] },
  })
  await own('mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { id } }', {
    id: given.id,
    email: friend.email,
  })
  await own('mutation ($input: RequestRefundInput!) { requestRefund(input: $input) { id } }', {
    input: { bookingId: booking.id, ticketIds: [kept.id], reason: `${NAME} is ill; call ${PHONE}.` },
  })
  await own('mutation ($id: ID!) { addToWishlist(eventId: $id) { id } }', { id: eventId })
  await own('mutation ($id: ID!) { followOrganizer(id: $id) { id } }', { id: organizer.id })
  await own('mutation ($input: AddToCartInput!) { addToCart(input: $input) { __typename } }', {
    input: { ticketTypeId: standing, quantity: 1 },
  })
  await own(
    'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }',
    {
      input: { name: `${NAME} Live`, category: 'Music', description: ADDRESS, location: 'Jakarta' },
    },
  )

  // What is kept of them: its process dies with a part in its hands, with one written down, and when all is done.
  const exporting: PersonFault[] = THOROUGH
    ? ['collect-export/asked', 'collect-export/kept', 'collect-export/ready']
    : ['collect-export/kept']
  const collect = (at: number) => (at === 0 ? own('mutation { exportMyData { id } }') : freeJobs())
  await dieAtEach('user', exporting, collect)
  await freeJobs()
  const { myDataExport } = await insist(async () => {
    const answer = await own('{ myDataExport { status url } }')
    expect(answer.myDataExport.status).toBe('READY')
    return answer
  })
  const file = await insist(async () => (await fetch(platform.url + myDataExport.url)).text())
  expect(JSON.parse(file).user.account).toMatchObject({ phone_number: PHONE, address: ADDRESS })
  expect(JSON.parse(file).booking).not.toBeNull()
  const personal = [NAME, wulan.email, PHONE, ADDRESS]
  const found = () => Promise.all(traces.map((one) => one.of(...personal))).then((all) => all.flat())
  expect(await found()).toEqual(expect.arrayContaining(['public.users', 'public.data_export_parts']))

  // They are erased: their process dies before that is written down, and after; the others with it in their hands, and when it is written.
  const ERASE = `mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }`
  const erase = () =>
    insist(async () => {
      const input = { password: PASSWORD, acknowledgeLoss: true }
      await karcis.attempt(ERASE, { id: wulan.id, input }, wulan.token)
      expect(existsSync(`${fileOf('user')}.done`)).toBe(true) // else it was not even there yet
    })
  const others: [SubgraphName, PersonFault[]][] = THOROUGH
    ? [
        ['event', ['forget-organizer/noted', 'forget-organizer/written']],
        ['ticket', ['forget-owner/noted', 'forget-owner/written']],
        ['booking', ['forget-buyer/noted', 'forget-buyer/written']],
      ]
    : [
        ['event', ['forget-organizer/written']],
        ['ticket', ['forget-owner/noted']],
        ['booking', ['forget-buyer/written']],
      ]
  const dying = others.map(([name, points]) => dieAtEach(name, points, async () => undefined))
  await dieAtEach(
    'user',
    THOROUGH ? ['erase-account/emptied', 'erase-account/written'] : ['erase-account/written'],
    erase,
  )
  await Promise.all(dying)
  if (THOROUGH) expect(died.toSorted()).toEqual([...PERSON_FAULT_POINTS].toSorted())

  await using books = await booksOf(databases)
  await eventually(async () => expect(await books.unfinished()).toEqual([]), 60_000)
  await eventually(async () => expect(await books.contradictions()).toEqual([]))
  // What subgraphs have told each other is forgotten some days later (OUTBOX_RETENTION_DAYS); an invoice, where the job has come
  // to it before they were erased, is kept as it was issued (docs/security.md).
  const lasting = ['kit.outbox', 'public.invoices']
  expect((await found()).filter((table) => !lasting.includes(table))).toEqual([])
  expect(await insist(() => signInAgain(karcis, wulan))).toBe(false)
})

it(`keeps seats, tickets and money right while every process is killed ${ROUNDS}x amid sales`, {
  timeout: 120_000 + ROUNDS * 60_000,
}, async () => {
  await using undo = new AsyncDisposableStack()
  const buyers = await Promise.all(Array.from({ length: BUYERS }, () => signUp(karcis, 'Buyer')))

  const books = undo.use(await booksOf(databases))
  const storm = new AbortController()
  const habits = { thinkMs: THINK_MS }
  const shopping = buyers.map((buyer, index) => shopUntil(storm.signal, karcis, buyer, hall, index, habits))
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
