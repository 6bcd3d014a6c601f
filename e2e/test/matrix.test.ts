import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { FAULT_POINTS, type FaultPoint } from '@karcis/kit/fault-points'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { booksOf } from './books.ts'
import {
  approvedEvent,
  arena,
  type Person,
  signInAdmin,
  signInAgain,
  signUp,
  signUpOrganizer,
  ticketType,
} from './builders.ts'
import { type Habits, type Outcome, shopUntil } from './buyers.ts'
import { type Api, createApi } from './karcis.ts'
import { type Cluster, startCluster } from './storm/cluster.ts'
import { FAULTS } from './storm/faults.ts'
import { type MatrixWave, matrixOf } from './storm/matrix-plan.ts'
import { buyUntil, type Market } from './storm/patrons.ts'
import { tourUntil } from './storm/promoter.ts'
import { type Providers, startProviders } from './storm/providers.ts'
import { recordRecoveries, seconds } from './storm/recovery.ts'
import { regret, type Regretted } from './storm/regrets.ts'
import { createAnswerTable, createFaultTable } from './storm/table.ts'
import {
  atRest,
  bookingStatuses,
  refundReasons,
  takenFromUsed,
  truthOf,
  untrueOf,
  wronglyRefunded,
} from './storm/truth.ts'
import { type EventWatcher, watchBookings, watchEvent } from './storm/watchers.ts'

/** `npm run chaos -- --matrix` sets more. */
const LEAST = Number(process.env.KARCIS_MATRIX_FAULTS ?? 15)
const SEED = Number(process.env.KARCIS_MATRIX_SEED ?? 20_261)
const FIRST_WAVE = Number(process.env.KARCIS_MATRIX_WAVE ?? 1)
const POINTS = process.env.KARCIS_MATRIX_POINTS?.split(',').map(knownPoint)
const LOG = join(tmpdir(), `karcis-matrix-${SEED}.log`)
const SHORT = process.env.KARCIS_MATRIX_FAULTS === undefined
const WAVE = SHORT ? 2 * LEAST : 60 // some of them find no occasion

const SHOPPERS = 10 // pay from their wallets
const PATRONS = 16 // pay outside
const FANS = SHORT ? 0 : 3 // of what is called off
const THINK_MS = 400
const WATCHED_BOOKINGS = 60
const HOLD_SECONDS = 10
const PATIENCE_MS = 15_000 // of a client for one answer
const CRASH_MS = 4_000
/** Points to which somebody comes only every few seconds: when money goes back, or an event is called off. */
const SELDOM = /refund|cancel-tickets|end-tickets/
const SELDOM_MS = 20_000
const WAVE_MS = 60_000
const QUIET_MS = 120_000
const MS_PER_FAULT = 3_000
const NOBODY = new Set(['INTERNAL_SERVER_ERROR', 'no code'])

const SET_POLICY = 'mutation ($input: SetRefundPolicyInput!) { setRefundPolicy(input: $input) { approval } }'

it(`finds nothing wrong after ${LEAST} faults of every kind amid sales (seed ${SEED})`, {
  timeout: 900_000 + LEAST * MS_PER_FAULT, // for what hangs: a wave takes three minutes on a machine that is half as fast
}, async () => {
  await using undo = new AsyncDisposableStack()
  let providers: Providers | undefined
  const cluster = undo.use(
    await startCluster(LOG, async (url) => {
      providers = undo.use(await startProviders(url, SEED))
      return {
        HOLD_SECONDS: String(HOLD_SECONDS),
        PAYMENT_MARGIN_SECONDS: '2',
        DRAIN_SECONDS: '2',
        ...providers.settings,
      }
    }),
  )
  if (!providers) throw new Error('there is nobody to pay')
  const karcis = createApi(cluster.url, PATIENCE_MS)
  const { organizer, hall, ticketTypes } = await eventually(() => openSales(karcis), QUIET_MS)
  const people = await Promise.all(
    Array.from({ length: SHOPPERS + PATRONS + FANS }, () =>
      eventually(() => signUp(karcis, 'Buyer'), QUIET_MS),
    ),
  )
  const shoppers = people.slice(0, SHOPPERS)
  const patrons = people.slice(SHOPPERS, SHOPPERS + PATRONS)
  const fans = people.slice(SHOPPERS + PATRONS)

  const watch = new AbortController()
  undo.defer(() => watch.abort())
  const table = createFaultTable()
  const recoveries = recordRecoveries()
  const answers = createAnswerTable()
  const event = watchEvent(watch.signal, karcis, hall.eventId)
  const bookings = watchBookings(watch.signal, karcis, WATCHED_BOOKINGS)
  const habits: Habits = {
    thinkMs: THINK_MS,
    giveUp: watch.signal,
    booked: (who, id) => bookings.watch(who, id),
    paid: recoveries.purchased,
    answered: answers.answered,
  }
  await using books = await booksOf(cluster.databases)
  const outcomes: Outcome[] = []
  const violations: string[] = []
  const used = new Set<string>()
  const begunAt = Date.now()
  let endsSeen = 0
  let number = 0

  for (const wave of matrixOf(SEED, WAVE, POINTS)) {
    number += 1
    if (number < FIRST_WAVE) continue
    if (table.count >= LEAST) break
    const waveBegunAt = Date.now()
    const found: string[] = []
    const happened = (fault: string, ms: number, where: string) => {
      table.add(fault, ms)
      cluster.note(`MATRIX wave ${number}: ${fault} (${where}), over after ${ms} ms`)
    }
    const stop = new AbortController()
    const planned = [...wave.payments]
    await Promise.all(
      [organizer, ...people].map((person) => eventually(() => renew(karcis, person), QUIET_MS)),
    )
    const market: Market = {
      karcis,
      providers,
      ticketTypes,
      admin: await eventually(() => signInAdmin(karcis), QUIET_MS),
      survived: ({ method, name }, ms, id) => happened(`${method.toLowerCase()}: ${name}`, ms, id),
      lost: (why) => found.push(`${new Date().toISOString()} ${why}`),
    }
    const { admin, lost } = market
    const regretted: Regretted = { karcis, organizer, used, lost }
    const undecided: Habits = { ...habits, afterwards: (who, id) => regret(regretted, who, id, habits) }
    const shops = ticketTypes.map((standing) => ({ ...hall, standing }))
    const buying = [
      ...shoppers.map((one, index) =>
        shopUntil(stop.signal, karcis, one, shops[index % shops.length] ?? hall, index, undecided),
      ),
      ...(SHORT ? [] : [tourUntil(stop.signal, { karcis, admin, organizer, fans, lost }, habits)]),
      ...patrons.map((one) => buyUntil(stop.signal, market, one, planned, habits)),
    ]
    await rage(cluster, wave, recoveries, happened)
    const until = Date.now() + WAVE_MS
    while (planned.length > 0 && Date.now() < until) await pause(200)
    found.push(...(await books.bookedWithoutPlaces()).map(told('PENDING without its places')))
    stop.abort()
    outcomes.push(...(await Promise.all(buying)).flat())

    await cluster.allReady().catch((error: Error) => found.push(error.message))
    await providers.quiet()
    const { differences } = providers
    found.push(
      ...(await atRest(() => books.unfinished(), QUIET_MS)).map(told('not at rest')),
      ...(await atRest(() => books.contradictions(), QUIET_MS)).map(told('the books')),
      ...(await atRest(() => differences(cluster.databases.booking), QUIET_MS)),
      ...(await atRest(() => wronglyRefunded(cluster.databases.booking), QUIET_MS)).map(told('money back')),
      ...(await takenFromUsed(cluster.databases.ticket, used)).map(told('used')),
    )
    const untrue = untrueOf(outcomes, await bookingStatuses(cluster.databases.booking))
    const reasons = await refundReasons(
      cluster.databases.booking,
      untrue.map(({ id }) => id),
    )
    found.push(
      ...untrue.map(told('told otherwise')),
      ...reasons.map(told('and that one was refunded')),
      ...(await atRest(() => unseen(cluster, hall.eventId, event, bookings.seen), QUIET_MS)),
      ...cluster.ends
        .slice(endsSeen)
        .filter(({ asked }) => !asked)
        .map(told('ended by itself')),
    )
    endsSeen = cluster.ends.length
    table.blame(found.length)
    const when = `wave ${number} of seed ${SEED}, ${new Date(waveBegunAt).toISOString()} to ${new Date().toISOString()}`
    violations.push(...found.map((what) => `${when}: ${what}`))
    const progress =
      `wave ${number} took ${seconds(Date.now() - waveBegunAt)}: ${table.count} faults of ${LEAST} ` +
      `after ${Math.round((Date.now() - begunAt) / 6_000) / 10} min, ${violations.length} violations`
    const wrong =
      found.length > 0
        ? [...found, `again: npm run chaos -- --matrix --seed ${SEED} --wave ${number} --faults 1`]
        : []
    for (const line of [progress, ...wrong]) cluster.note(`MATRIX ${line}`)
    console.log([progress, ...wrong].join('\n'))
  }
  console.log(
    [
      `seed ${SEED}: ${recoveries.purchases} purchases, ${cluster.ends.length} processes ended`,
      `all that the processes said: ${LOG}`,
      table.text(),
      answers.text(),
    ].join('\n'),
  )
  expect.soft(violations).toEqual([])
  const unanswered = answers.keys().filter((key) => NOBODY.has(key.split(': ')[1] ?? ''))
  expect.soft(unanswered).toEqual([])
  expect(table.count).toBeGreaterThanOrEqual(LEAST)
  if (violations.length === 0) rmSync(LOG)
})

/** @throws Error for a name that there is not. */
function knownPoint(name: string): FaultPoint {
  const point = FAULT_POINTS.find((one) => one === name)
  if (!point) throw new Error(`there is no fault point "${name}"`)
  return point
}

/**
 * Two events, of which one has seats; whoever asks gets their money back, at the one without once its organizer has agreed. Done again from the start it does
 * no harm.
 */
async function openSales(karcis: Api) {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const hall = await arena(karcis, admin, organizer, { frontRows: 100, standing: 100_000, discount: 100 })
  const other = await approvedEvent(karcis, admin, organizer, { capacity: 110_000 })
  const club = await ticketType(karcis, organizer, other, { name: 'Club', price: 700, quota: 100_000 })
  for (const [eventId, approval] of [
    [hall.eventId, 'AUTOMATIC'],
    [other, 'ORGANIZER'],
  ]) {
    const input = { eventId, tiers: [{ hoursBeforeStart: 0, percent: 100 }], approval }
    await karcis.run(SET_POLICY, { input }, organizer.token)
  }
  return { organizer, hall, ticketTypes: [hall.standing, club] }
}

async function renew(karcis: Api, person: Person): Promise<void> {
  if (!(await signInAgain(karcis, person))) throw new Error(`${person.email} is not let in`)
}

/** Everything that happens to processes and stores: strikes one after another, and crashes beside them. */
async function rage(
  cluster: Cluster,
  { strikes, crashes }: MatrixWave,
  recoveries: ReturnType<typeof recordRecoveries>,
  happened: (fault: string, ms: number, where: string) => void,
): Promise<void> {
  const recovered = async (kind: keyof typeof FAULTS, target: string, ms: number, begunAt: number) => {
    const fault = { kind, target, ms, afterMs: 0 }
    const recovery = await recoveries.after({ faults: [fault], restMs: 0 }, begunAt, Date.now())
    happened(`${kind}: ${target.replace(/-\d$/, '')}`, recovery.ms, target)
  }
  const striking = async (): Promise<void> => {
    for (const { kind, target, ms } of strikes) {
      const begunAt = Date.now()
      cluster.note(`MATRIX ${kind} (${target})`)
      await FAULTS[kind].run(cluster, target, ms)
      await recovered(kind, target, ms, begunAt)
    }
  }
  const crashing = async (): Promise<void> => {
    for (const point of crashes) {
      const begunAt = Date.now()
      if (await cluster.crashAt(point, SELDOM.test(point) ? SELDOM_MS : CRASH_MS))
        await recovered('died between two steps', point, 0, begunAt)
    }
  }
  await Promise.all([striking(), crashing()])
}

/** What watchers of an event and of bookings have not seen as the databases have it. */
async function unseen(
  cluster: Cluster,
  eventId: string,
  event: EventWatcher,
  seen: ReadonlyMap<string, string>,
): Promise<string[]> {
  const truth = await truthOf(cluster.databases.ticket, eventId)
  const statuses = await bookingStatuses(cluster.databases.booking)
  const differs = <T>(what: string, there: ReadonlyMap<string, T>, here: ReadonlyMap<string, T>) =>
    [...there].flatMap(([id, value]) =>
      JSON.stringify(here.get(id)) === JSON.stringify(value)
        ? []
        : [`a watcher sees ${what} ${id} as ${JSON.stringify(here.get(id))}, it is ${JSON.stringify(value)}`],
    )
  const watched = new Map([...seen.keys()].map((id) => [id, statuses.get(id)]))
  return [
    ...differs('seat', truth.seats, event.seats),
    ...differs('stock', truth.stock, event.stock),
    ...differs('booking', watched, seen),
  ]
}

const told =
  (what: string) =>
  (found: unknown): string =>
    `${what}: ${JSON.stringify(found)}`
