import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { migrate } from '@karcis/infra/migrate'
import { freePort } from '@karcis/infra/ports'
import { createDatabases, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { databaseName, SUBGRAPHS, type SubgraphName } from '@karcis/infra/subgraphs'
import { temporaryDirectory } from '@karcis/infra/temporary'
import { SUPERGRAPH } from '../scripts/paths.ts'
import { platformProcesses } from '../scripts/platform.ts'
import { seed } from '../scripts/seed.ts'
import { supervise } from '../scripts/supervisor.ts'
import { compare, inParallel } from './rounds.ts'
import { startChild } from './router/child.ts'
import { installPeers, peer } from './router/peers.ts'

const ADMIN = { email: 'admin@karcis.local', password: 'karcis-admin-1' }

/** A page of events, answered by three subgraphs. */
const QUERY = `query Page($search: String) {
  events(filter: { search: $search }, first: 10) {
    edges { node { id title startsAt organizer { id name } ticketTypes { id name price currency available } } }
  }
}`

/**
 * The platform from end to end, subgraphs on Postgres and Redis and all, behind our router and behind plain Apollo Server
 * with @apollo/gateway: `npm run bench:whole -- 7`.
 */
async function benchWhole(rounds: number): Promise<void> {
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
    NODE_ENV: 'development',
    LOG_LEVEL: 'fatal',
    SERVICE_SECRET: secret,
    KEY_ENCRYPTION_SECRET: secret,
    PASSWORD_PEPPER: secret,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  }
  undo.use(
    await supervise({
      processes: platformProcesses({ routerPort, ports, databaseUrls, redisUrl: redis.url, env }),
      log: () => undefined,
    }),
  )
  await seed(`http://127.0.0.1:${routerPort}`, () => undefined, ADMIN)

  const supergraph = `${directory.path}/supergraph.graphql`
  writeFileSync(supergraph, withPorts(readFileSync(SUPERGRAPH, 'utf8'), ports))
  const apolloPort = await freePort()
  undo.use(
    await startChild(apolloPort, [peer('apollo.mjs'), supergraph, String(apolloPort)], {
      SERVICE_SECRET: secret,
    }),
  )

  const [apollo, ours] = await Promise.all([ask(apolloPort, null), ask(routerPort, null)])
  if (apollo !== ours) throw new Error(`They answer differently:\n${apollo}\n${ours}`)
  console.log(`one answer: ${ours.length} bytes`)
  for (const [title, searchOf] of [
    ['everybody asks for the same page', () => null],
    ['every request is another', (n: number) => ' '.repeat(n % 60)],
  ] as const) {
    const contender = (name: string, port: number) => ({
      name,
      run: (count: number, concurrency: number) =>
        inParallel(count, concurrency, (n) => ask(port, searchOf(n))),
    })
    await compare(
      `Events with organizers and ticket types, three subgraphs; ${title}`,
      [contender('Apollo Server + @apollo/gateway', apolloPort), contender('Karcis router', routerPort)],
      { rounds, count: 500, concurrency: 64 },
    )
  }
}

async function ask(port: number, search: string | null): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY, variables: { search } }),
  })
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return JSON.stringify(data)
}

/** The committed supergraph, at the ports of this run. */
const withPorts = (sdl: string, ports: Record<SubgraphName, number>): string =>
  SUBGRAPHS.reduce(
    (text, name, index) => text.replaceAll(`127.0.0.1:${4001 + index}/`, `127.0.0.1:${ports[name]}/`),
    sdl,
  )

await benchWhole(Number(process.argv[2] ?? 5))
