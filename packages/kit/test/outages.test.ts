import { eventually } from '@karcis/testkit/eventually'
import { ownPostgres } from '@karcis/testkit/own-postgres'
import { createTcpProxy } from '@karcis/testkit/tcp-proxy'
import { createWsClient } from '@karcis/testkit/ws-client'
import pg from 'pg'
import { pino } from 'pino'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { connectionOptions, type RawSql, transaction } from '../src/database.ts'
import { createReads } from '../src/reads.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { connectPrisma, openKitDatabase } from './kit-database.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { asked: String read: String written: String }
  type Mutation { write: String }
  type Subscription { events: Thing }
  type Thing @key(fields: "id") { id: ID! name: String }
`
const router = createServiceTokens(SECRET, 'router').to('booking')

/** What the served resolvers do with the database, for a test to choose. */
type Work = (db: RawSql) => PromiseLike<unknown>

let lines: { msg: string; level: number; part?: string; failures?: number; err?: unknown }[]
let work: Work
beforeEach(() => {
  lines = []
  work = (db) => db.$queryRaw`SELECT 1`
})

/** A subgraph whose answers are all made with the database: by query, by quick read, in a transaction. */
async function serve(url: string, poolSize?: number) {
  await using stack = new AsyncDisposableStack()
  const db = connectPrisma(url, poolSize)
  stack.defer(() => db.$disconnect())
  const reads = createReads(connectionOptions(url, 'kit-test'), db)
  stack.defer(() => reads.close())
  const done = async (run: Promise<unknown>) => {
    await run
    return 'done'
  }
  const asked = () => done((async () => work(db))())
  const written = () => done(transaction(db, (tx) => work(tx)))
  const own = lines // what it says later is no business of the next test
  const log = pino({ level: 'info' }, { write: (line) => void own.push(JSON.parse(line)) })
  const server = await startServer({
    sdl: SDL,
    log,
    resolvers: {
      Query: { asked, written, read: () => done(reads.$queryRaw`SELECT 1` as Promise<unknown>) },
      Mutation: { write: written },
      Subscription: {
        events: {
          async *subscribe() {
            yield { events: { id: 'first' } }
          },
        },
      },
      Thing: { __resolveReference: async ({ id }: { id: string }) => (await asked()) && { id }, name: asked },
    },
    routes: { '/internal/things': asked },
  })
  stack.defer(() => server[Symbol.asyncDispose]())
  onTestFinished(() => running.disposeAsync())
  const running = stack.move()
  return { db, url: server.url }
}

interface Answer {
  data?: unknown
  errors?: { message: string; extensions: object }[]
}

const signed = async () => ({ 'x-karcis-service-token': await router.sign(null) })

/** Asks one operation, or several in a batch. @returns the answers, in the order in which they came. */
async function post(url: string, body: unknown): Promise<Answer[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await signed()) },
    body: JSON.stringify(body),
  })
  const found = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return Array.isArray(body) ? found.map(([, answer]) => answer) : found
}

const AWAY = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 }
const errorsOf = (answers: Answer[]) =>
  answers.flatMap(({ errors = [] }) => errors.map((error) => error.extensions))
/** Lines of the log that tell of a bug, or have a stack. */
const bugs = () => lines.filter(({ level, err }) => level >= 50 || err)
/** Lines of the log that tell of outages. */
const told = () => lines.filter(({ part }) => part).map(({ msg }) => msg)

/** Asks in every way there is, each of which has to do with the database. @returns what errors came of each. */
async function askInEveryWay(url: string): Promise<Record<string, object[]>> {
  const entities = {
    query: 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
    variables: { of: [{ __typename: 'Thing', id: '1' }] },
  }
  await using socket = createWsClient(`${url}/graphql`)
  const events = socket.client.iterate({
    query: 'subscription { events { name } }',
    extensions: { serviceToken: await router.sign(null) },
  })
  const route = async (): Promise<Answer[]> => {
    const response = await fetch(`${url}/internal/things`, { headers: await signed() })
    expect(response.status).toBe(503)
    return [(await response.json()) as Answer]
  }
  const ways: Record<string, Promise<Answer[]>> = {
    query: post(url, { query: '{ asked }' }),
    batch: post(url, [{ query: '{ asked }' }, { query: '{ written }' }]),
    entities: post(url, entities),
    mutation: post(url, { query: 'mutation { write }' }),
    subscription: events.next().then(({ value }) => [value as Answer]),
    route: route(),
  }
  const answers = Object.entries(ways).map(async ([way, answer]) => [way, errorsOf(await answer)] as const)
  return Object.fromEntries(await Promise.all(answers))
}

const AWAY_IN_EVERY_WAY = {
  query: [AWAY],
  batch: [AWAY, AWAY],
  entities: [AWAY],
  mutation: [AWAY],
  subscription: [AWAY],
  route: [AWAY],
}

/** Connects beside the product, to break what it does. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end().catch(() => undefined))
  return client
}

/** What may happen to a statement on a database whose table `things` is locked. */
const FAULTS: Record<string, Work> = {
  'a terminated backend (57P01)': (db) =>
    db.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(3)::text`,
  'a lock timeout (55P03)': (db) =>
    db.$executeRaw`DO $$ BEGIN SET LOCAL lock_timeout = 50; LOCK TABLE things; END $$`,
  'a statement timeout (57014)': (db) => db.$queryRaw`SELECT count(*) FROM things`,
  'a full disk (53100)': (db) => db.$executeRaw`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$`,
  'no memory (53200)': (db) => db.$executeRaw`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53200'; END $$`,
  'a standby that was the primary (25006)': (db) =>
    db.$executeRaw`DO $$ BEGIN SET LOCAL transaction_read_only = on; CREATE TABLE never (); END $$`,
}

describe('line 28: while the database is away, clients are told so, and the log in one line', () => {
  it.each(Object.keys(FAULTS))('%s', async (fault) => {
    await using database = await openKitDatabase()
    const beside = await connect(database.url)
    await beside.query('CREATE TABLE things (id int)')
    await beside.query('BEGIN; LOCK TABLE things')
    const { url } = await serve(database.url)
    work = FAULTS[fault] ?? work
    expect(await askInEveryWay(url)).toEqual(AWAY_IN_EVERY_WAY)
    expect(bugs()).toEqual([])
    expect(told()).toEqual(['outage of database begins'])
  })

  it('a server that takes no more connections (53300)', async () => {
    await using database = await openKitDatabase()
    const { url } = await serve(database.url)
    const beside = await connect(database.url)
    const name = new URL(database.url).pathname.slice(1)
    await beside.query(
      `CREATE ROLE crowded_${name} LOGIN CONNECTION LIMIT 0; GRANT ALL ON DATABASE ${name} TO crowded_${name}`,
    )
    onTestFinished(async () => {
      const admin = await connect(Object.assign(new URL(database.url), { pathname: '/postgres' }).href)
      await admin.query(`DROP OWNED BY crowded_${name}; DROP ROLE crowded_${name}`).catch(() => undefined)
    })
    expect(errorsOf(await post(url, { query: '{ asked }' }))).toEqual([])
    const crowded = await serve(Object.assign(new URL(database.url), { username: `crowded_${name}` }).href)
    expect(await askInEveryWay(crowded.url)).toEqual(AWAY_IN_EVERY_WAY)
    expect(errorsOf(await post(crowded.url, { query: '{ read }' }))).toEqual([AWAY])
    expect(bugs()).toEqual([])
    expect(told()).toEqual(['outage of database begins'])
  })

  it('a server that crashes, is away and comes back', async () => {
    await using postgres = await ownPostgres('user')
    await postgres.start()
    const { url } = await serve(postgres.url)
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read }' }]))).toEqual([])
    work = (db) => db.$queryRaw`SELECT pg_sleep(2)::text`
    const underWay = askInEveryWay(url)
    await postgres.crash()
    expect(await underWay).toEqual(AWAY_IN_EVERY_WAY)
    expect(await askInEveryWay(url)).toEqual(AWAY_IN_EVERY_WAY)
    expect(errorsOf(await post(url, { query: '{ read }' }))).toEqual([AWAY])
    work = (db) => db.$queryRaw`SELECT 1`
    await postgres.start()
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read written }' }]))).toEqual([])
    expect(bugs()).toEqual([])
    // Nothing has failed for ten seconds.
    await eventually(() =>
      expect(told()).toEqual(['outage of database begins', 'outage of database is over']),
    )
    expect(lines.at(-1)).toMatchObject({ part: 'database', failures: expect.any(Number) })
  })

  it('a network that cuts connections, refuses them, or swallows what is sent', async () => {
    await using database = await openKitDatabase()
    await using proxy = await createTcpProxy(database.url)
    const { url } = await serve(proxy.through(database.url), 3)
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read }' }]))).toEqual([])

    work = (db) => db.$queryRaw`SELECT pg_sleep(2)::text`
    const underWay = post(url, { query: '{ asked }' })
    await eventually(async () => {
      const [row] = await database.$queryRaw<[{ n: number }]>`SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()`
      expect(row.n).toBe(1)
    })
    proxy.cut()
    expect(errorsOf(await underWay)).toEqual([AWAY])
    work = (db) => db.$queryRaw`SELECT 1`
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read }' }]))).toEqual([])

    await proxy.refuse()
    expect(await askInEveryWay(url)).toEqual(AWAY_IN_EVERY_WAY)
    await proxy.restore()
    expect(errorsOf(await post(url, { query: '{ asked written }' }))).toEqual([])

    // Connections that hang for good hold nobody up for longer than it takes to know.
    proxy.stall(true)
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read }' }]))).toEqual([AWAY, AWAY])
    proxy.stall(false)
    expect(errorsOf(await post(url, [{ query: '{ asked }' }, { query: '{ read }' }]))).toEqual([])
    expect(bugs()).toEqual([])
  })
})
