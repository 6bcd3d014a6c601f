import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { SUPERGRAPH } from '../scripts/paths.ts'
import { platformProcesses } from '../scripts/platform.ts'
import { seed } from '../scripts/seed.ts'
import { type Supervisor, supervise } from '../scripts/supervisor.ts'
import { startChild } from './router/child.ts'
import { type Exchange, postRequest } from './router/connection.ts'
import { cpuOf, cpuOfFamily } from './router/cpu.ts'
import { figure, median, spread, table } from './router/figures.ts'
import { saturate } from './router/load.ts'
import { installPeers, peer } from './router/peers.ts'

const ADMIN = { email: 'admin@karcis.local', password: 'karcis-admin-1' }
const CONNECTIONS = 64
const DIFFERENT = 60

/** A page of events, answered by three subgraphs. */
const QUERY = `query Page($search: String) {
  events(filter: { search: $search }, first: 10) {
    edges { node { id title startsAt organizer { id name } ticketTypes { id name price currency available } } }
  }
}`

/** What stands in front of the subgraphs, and the CPU time of each part of the whole, by name: its own is called `gateway`. */
interface Front {
  name: string
  port: number
  cpu(): Record<string, number>
}

/** Requests that all give the same answer. */
interface Demand {
  title: string
  searches: (string | null)[]
}

const DEMANDS: Demand[] = [
  { title: 'everybody asks for the same page', searches: [null] },
  {
    title: 'every request is another',
    searches: Array.from({ length: DIFFERENT }, (_, n) => ' '.repeat(n)),
  },
]

/**
 * The platform from end to end, subgraphs on Postgres and Redis and all, behind our router and behind plain Apollo Server
 * with @apollo/gateway, and where the CPU time goes: `npm run bench:whole -- 7`. With `--profile DIRECTORY` our processes
 * write CPU profiles there.
 */
async function benchWhole(rounds: number, ms: number, profileInto: string | undefined): Promise<void> {
  installPeers()
  await using undo = new AsyncDisposableStack()
  const directory = undo.use(temporaryDirectory('karcis-bench-'))
  const postgres = undo.use(await startPostgres({ dataDir: `${directory.path}/postgres`, durable: true }))
  const redis = undo.use(await startRedis({ dataDir: `${directory.path}/redis`, durable: false }))
  await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(databaseName))
  const databaseUrls = {} as Record<SubgraphName, string>
  const ports = {} as Record<SubgraphName, number>
  for (const name of SUBGRAPHS) {
    databaseUrls[name] = postgres.url(databaseName(name))
    ports[name] = await freePort()
    await migrate(name, databaseUrls[name])
  }
  const secret = randomBytes(32).toString('hex')
  const routerPort = await freePort()
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    LOG_LEVEL: 'fatal',
    SERVICE_SECRET: secret,
    KEY_ENCRYPTION_SECRET: secret,
    PASSWORD_PEPPER: secret,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    ...(profileInto !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileInto}` }),
  }
  const platform = undo.use(
    await supervise({
      processes: platformProcesses({ routerPort, ports, databaseUrls, redisUrl: redis.url, env }),
      log: () => undefined,
    }),
  )
  await seed(`http://127.0.0.1:${routerPort}`, () => undefined, ADMIN)

  const supergraph = `${directory.path}/supergraph.graphql`
  writeFileSync(supergraph, withPorts(readFileSync(SUPERGRAPH, 'utf8'), ports))
  const apolloPort = await freePort()
  const apollo = undo.use(
    await startChild(apolloPort, [peer('apollo.mjs'), supergraph, String(apolloPort)], {
      SERVICE_SECRET: secret,
    }),
  )
  const behind = () => ({ ...cpuOfSubgraphs(platform), Postgres: cpuOfFamily(postgres.pid) })
  const fronts: Front[] = [
    {
      name: 'Apollo Server + @apollo/gateway',
      port: apolloPort,
      cpu: () => ({ gateway: apollo.cpu(), ...behind() }),
    },
    {
      name: 'Karcis router',
      port: routerPort,
      cpu: () => ({ gateway: cpuOf(platform.pids().router), ...behind() }),
    },
  ]
  for (const demand of DEMANDS) await benchDemand(demand, fronts, rounds, ms)
}

/** Prints the rate of each, and the CPU time that a request costs in each process. @throws Error when they answer differently. */
async function benchDemand({ title, searches }: Demand, fronts: Front[], rounds: number, ms: number) {
  const lanes = await Promise.all(
    fronts.map(async (front) => {
      const asked = await Promise.all(searches.map((search) => ask(front.port, search)))
      return {
        front,
        load: { port: front.port, connections: CONNECTIONS, exchanges: asked },
        rates: [] as number[],
        cpu: [] as Record<string, number>[],
      }
    }),
  )
  const answers = new Set(
    lanes.flatMap(({ load }) => load.exchanges.map(({ expected }) => expected.toString().trim())),
  )
  if (answers.size > 1) throw new Error(`They answer differently:\n${[...answers].join('\n')}`)
  // The rounds before the first only warm.
  for (let round = -2; round < rounds; round++) {
    for (const { front, load, rates, cpu } of lanes) {
      const before = front.cpu()
      const started = performance.now()
      const answered = await saturate(load, ms)
      if (round < 0) continue
      rates.push((answered * 1000) / (performance.now() - started))
      const after = Object.entries(front.cpu())
      cpu.push(
        Object.fromEntries(after.map(([part, used]) => [part, (used - (before[part] ?? 0)) / answered])),
      )
    }
  }
  const [reference] = lanes.map(({ rates }) => median(rates))
  const parts = Object.keys(lanes[0]?.cpu[0] ?? {})
  const size = [...answers][0]?.length ?? 0
  const report = table(
    ['', 'requests/s', '× Apollo', ...parts.map((part) => `${part} µs`)],
    lanes.map(({ front, rates, cpu }) => [
      front.name,
      spread(rates),
      figure(median(rates) / (reference ?? Number.NaN)),
      ...parts.map((part) => figure(median(cpu.map((one) => one[part] ?? Number.NaN)))),
    ]),
  )
  console.log(
    `\n### Events with organizers and ticket types: ${title}\n\nAnswers of ${figure(size)} bytes from three subgraphs, ${CONNECTIONS} connections; ` +
      `median (and range) of ${rounds} interleaved rounds; µs of CPU time per request in each process.\n\n${report}`,
  )
}

function cpuOfSubgraphs(platform: Supervisor): Record<string, number> {
  const pids = platform.pids()
  return Object.fromEntries(['event', 'user', 'ticket'].map((name) => [name, cpuOf(pids[name])]))
}

async function ask(port: number, search: string | null): Promise<Exchange> {
  const body = JSON.stringify({ query: QUERY, variables: { search } })
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
  })
  const expected = Buffer.from(await response.arrayBuffer())
  const { errors } = JSON.parse(expected.toString()) as { errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return { request: postRequest(port, body), expected }
}

/** The committed supergraph, at the ports of this run. */
const withPorts = (sdl: string, ports: Record<SubgraphName, number>): string =>
  SUBGRAPHS.reduce(
    (text, name, index) => text.replaceAll(`127.0.0.1:${4001 + index}/`, `127.0.0.1:${ports[name]}/`),
    sdl,
  )

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { profile: { type: 'string' }, ms: { type: 'string', default: '3000' } },
})
await benchWhole(Number(positionals[0] ?? 5), Number(values.ms), values.profile)
