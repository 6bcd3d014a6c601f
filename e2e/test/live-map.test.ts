import { startRedis } from '@karcis/infra/redis'
import { temporaryDirectory } from '@karcis/infra/setup'
import { createLog } from '@karcis/kit/log'
import { connectRedis } from '@karcis/kit/redis'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { startNeighbours } from '@karcis/router/testing/neighbours'
import { eventually } from '@karcis/testkit/eventually'
import { startTicketPlatform } from '@karcis/testkit/ticket-platform'
import pg from 'pg'
import { expect, it } from 'vitest'
import { SECRET, tellEvent, viewer } from '../../bench/event-on-sale.ts'
import { keepHistory } from './live-map/history.ts'
import { type Mutant, type MutantName, MUTANTS } from './live-map/mutants.ts'
import { moveSeats } from './live-map/movers.ts'
import { durableStore, quickStore } from './live-map/stores.ts'
import { createTally, KINDS, untold, watch } from './live-map/watchers.ts'
import { seconds } from './storm/recovery.ts'

/** `npm run chaos -- --live` sets more. */
const IS_LONG = process.env.KARCIS_LIVE_WATCHERS !== undefined
const WATCHERS = Number(process.env.KARCIS_LIVE_WATCHERS ?? 50)
const CHANGES = Number(process.env.KARCIS_LIVE_CHANGES ?? 300)
const SEED = Number(process.env.KARCIS_LIVE_SEED ?? 7)
const MUTANT = process.env.KARCIS_LIVE_MUTANT as MutantName | undefined

const ROWS = IS_LONG ? 100 : 20
const SEATS_PER_ROW = 20
const BLOCK = IS_LONG ? 10 : 5
const MOVERS = 8
/** So that a minute of changes is lost with the database. */
const PER_SECOND = IS_LONG ? Math.max(4, CHANGES / BLOCK / 140) : 40
const AHEAD = 5_000
/** In the short form so long that nobody looks by chance when the restored database has just passed what was lost. */
const POLL_MS = IS_LONG ? 2_000 : 5_000
const DROP_EVERY_MS = 50
const QUIET_MS = IS_LONG ? 60_000 : 20_000

it(
  `has ${WATCHERS} watchers end with the map that the database has, and announces each gap (seed ${SEED}${MUTANT ? `, ${MUTANT}` : ''})`,
  async () => {
    const begun = Date.now()
    const mutant: Mutant = MUTANT ? MUTANTS[MUTANT] : {}
    await using undo = new AsyncDisposableStack()
    const directory = undo.use(temporaryDirectory('karcis-live-'))
    const store = IS_LONG ? await durableStore(undo, directory.path) : await quickStore(undo)
    const redis = undo.use(await startRedis({ dataDir: directory.path, durable: false }))
    const neighbours = undo.use(await startNeighbours())
    const platform = undo.use(
      await startTicketPlatform(
        neighbours.url,
        {
          NODE_ENV: 'production',
          DATABASE_URL: store.url,
          REDIS_URL: redis.url,
          SERVICE_SECRET: SECRET,
          KEY_ENCRYPTION_SECRET: SECRET,
          HOLD_SECONDS: '86400',
          MAX_OPEN_PLACES: '10000',
          LIVE_POLL_MS: String(POLL_MS),
          ...(mutant.edits && { KARCIS_MUTANT: JSON.stringify(mutant.edits) }),
        },
        mutant.edits ? ['--import', './e2e/test/live-map/mutate.ts'] : [],
      ),
    )
    if (mutant.sql) {
      const client = new pg.Client(store.url)
      await client.connect()
      await client.query(mutant.sql)
      await client.end()
    }
    const eventId = await hall(platform.ticketUrl)
    const history = undo.use(await keepHistory(store.url, eventId))

    const [leave, rest] = [new AbortController(), new AbortController()]
    undo.defer(() => {
      leave.abort()
      rest.abort()
    })
    const random = seeded(SEED)
    const tally = createTally()
    const watched = { url: () => platform.url, eventId, history, stop: leave.signal, tally }
    const crowd = Array.from({ length: WATCHERS }, (_, at) =>
      watch(at % 2 === 0 ? 'seats' : at % 4 === 1 ? 'statuses' : 'delta', 0, watched),
    )
    await eventually(() => expect(crowd.filter(({ revision }) => revision === 0)).toEqual([]))
    const tokens = await Promise.all(
      Array.from({ length: MOVERS }, (_, at) =>
        neighbours.identity.token({ id: `0193b5a0-0000-7000-8000-00000000000${at}`, life: 3_600 }),
      ),
    )
    const blocks = Array.from({ length: history.seatIds.length / BLOCK }, (_, at) =>
      history.seatIds.slice(at * BLOCK, (at + 1) * BLOCK),
    )
    const movers = moveSeats(
      { url: () => platform.url, eventId, blocks, tokens, random, stop: rest.signal },
      PER_SECOND,
    )

    const drops = { count: 0 }
    const dropping = setInterval(() => {
      for (let left = Math.ceil(WATCHERS / 500); left > 0; left--) {
        if (random() > 0.6) continue
        crowd[Math.floor(random() * crowd.length)]?.drop()
        drops.count += 1
      }
    }, DROP_EVERY_MS)
    undo.defer(() => clearInterval(dropping))

    const changed = (part: number) =>
      eventually(() => expect(history.changes).toBeGreaterThanOrEqual(part * CHANGES), 600_000)
    const changedBy = (changeSets: number) => {
      const before = history.changes
      return eventually(() => expect(history.changes).toBeGreaterThanOrEqual(before + changeSets * BLOCK))
    }
    const control = connectRedis(redis.url, createLog('live map', 'silent'))
    undo.defer(() => control.close())
    const faults: string[] = []
    const fault = async (name: string, run: () => Promise<string | void>) => {
      const [at, changes] = [Date.now(), history.changes]
      const told = await run()
      faults.push(
        `${String(changes).padStart(7)}  ${name.padEnd(46)} ${seconds(Date.now() - at).padStart(7)}  ${told ?? ''}`,
      )
    }
    let backedUpAt = 0
    const ahead: typeof crowd = []
    const plan: [part: number, name: string, run: () => Promise<string | void>][] = [
      [
        IS_LONG ? 0.08 : 0.5,
        'database backed up',
        async () => {
          await store.backUp()
          backedUpAt = Date.now()
          await changedBy(10)
        },
      ],
      [
        0.2,
        'Redis flushed, and its listeners cut off',
        async () => {
          await control.commands.flushall()
          await control.commands.client('KILL', 'TYPE', 'PUBSUB')
        },
      ],
      [0.35, 'a ticket process killed', () => platform.killTicket()],
      [
        0.6,
        'database lost, and restored from its back-up',
        async () => {
          await history.stop()
          const age = Date.now() - backedUpAt
          await store.restore()
          const lost = await history.goOn()
          movers.restored()
          movers.perSecond = 1_000 // so that what was lost is made up for before anybody has looked
          await changedBy(lost + 10)
          movers.perSecond = PER_SECOND
          return `${lost} revisions of ${seconds(age)} lost`
        },
      ],
      [
        0.75,
        'clients come who are ahead of the database',
        async () => {
          for (const kind of KINDS) ahead.push(watch(kind, history.now.revision + AHEAD, watched))
        },
      ],
      [0.85, 'the router killed', () => platform.killRouter()],
    ]
    for (const [part, name, run] of plan.toSorted(([a], [b]) => a - b)) {
      await changed(part)
      await fault(name, run)
    }
    await changed(1)
    rest.abort()
    clearInterval(dropping)
    await movers.done
    await history.readToEnd()

    const restAt = Date.now()
    const all = [...crowd, ...ahead]
    const isRight = ({ revision, statuses }: (typeof all)[number]) =>
      revision === history.now.revision && statuses() === history.now.statuses
    const late = () => all.filter((watcher) => !isRight(watcher))
    await eventually(() => expect(late().length).toBe(0), QUIET_MS).catch(() => undefined)
    const odd = untold(tally, history)
    console.log(
      [
        `seed ${SEED}: ${WATCHERS} watchers, ${history.changes} changes of ${history.seatIds.length} seats${MUTANT ? `, ${MUTANT}` : ''}`,
        'changes  fault                                             took',
        ...faults,
        `sockets dropped ${drops.count}, connections ${tally.connections}`,
        `change sets told ${tally.changes}, snapshots ${tally.snapshots} (${tally.back} to an earlier revision)`,
        `different maps seen ${tally.seen.size}, of which never so ${odd.length}`,
        `maps other than the database's at the end ${late().length} of ${all.length}, after ${seconds(Date.now() - restAt)}; ${seconds(Date.now() - begun)} in all`,
      ].join('\n'),
    )
    expect.soft(odd.slice(0, 20)).toEqual([])
    expect
      .soft(late().map(({ kind, revision }) => `${kind} at ${revision}, not ${history.now.revision}`))
      .toEqual([])
    expect.soft(tally.snapshots).toBeGreaterThanOrEqual(2 * WATCHERS) // the first map, and the one after the restore
  },
  IS_LONG ? 900_000 : 300_000,
)

/** An event with a map on sale. @returns its id. */
async function hall(ticketUrl: string): Promise<string> {
  const organizer = viewer('ORGANIZER')
  const eventId = await tellEvent(ticketUrl, organizer.id)
  const api = createServiceClient(ticketUrl, createServiceTokens(SECRET, 'router').to('ticket'))
  const { createTicketType } = await api.query<{ createTicketType: { id: string } }>(
    'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
    { input: { eventId, name: 'Seat', kind: 'PAID', price: 1_000, quota: 1 } },
    organizer,
  )
  const section = {
    name: 'Stalls',
    ticketTypeId: createTicketType.id,
    rows: ROWS,
    seatsPerRow: SEATS_PER_ROW,
  }
  await api.query(
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
    { input: { eventId, sections: [section] } },
    organizer,
  )
  return eventId
}

/** The same numbers from 0 to 1 each time. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
