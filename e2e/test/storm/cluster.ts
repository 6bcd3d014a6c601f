import { createWriteStream, existsSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { grantDatabase } from '@karcis/infra/database-role'
import { databaseName, migrate } from '@karcis/infra/migrate'
import { createDatabases, type Postgres, startPostgres } from '@karcis/infra/postgres'
import { startRedis } from '@karcis/infra/redis'
import { freePort, temporaryDirectory } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import type { FaultPoint } from '@karcis/kit/fault-points'
import { startBalancer } from '@karcis/testkit/balancer'
import { eventually } from '@karcis/testkit/eventually'
import { INHERITED } from '@karcis/testkit/process'
import { createTcpProxy, type TcpProxy } from '@karcis/testkit/tcp-proxy'
import type { ProcessSpec } from '../../../scripts/supervised-process.ts'
import { platformProcesses } from '../../../scripts/platform.ts'
import { type Supervisor, supervise } from '../../../scripts/supervisor.ts'
import { SECRETS } from '../processes.ts'

const NAMES = ['router', ...SUBGRAPHS] as const
type Name = (typeof NAMES)[number]
const COPIES = [1, 2] as const
const PASSWORD = 'a password of this test'
const HEARD_MS = 2_000 // from its end until its death is in our log
const REVIVED_MS = 40_000 // a stop takes up to 15 s, and the pause before the next life up to 10

/** A process of the cluster: `ticket-2`. */
export type ProcessName = `${Name}-${(typeof COPIES)[number]}`

export const PROCESS_NAMES = NAMES.flatMap((name) => COPIES.map((copy): ProcessName => `${name}-${copy}`))

/** How a process ended. */
export interface ProcessEnd {
  readonly process: string
  /** A signal, or `exit code N`. */
  readonly how: string
  /** Whether a signal of ours says why. */
  readonly asked: boolean
  /** The last error that it told of. */
  readonly lastWords: string
}

/** The platform as an operator runs it: two of every process behind balancers, with a Postgres and a Redis of its own. */
export interface Cluster extends AsyncDisposable {
  /** The address for clients: two routers stand behind it. */
  readonly url: string
  /** Connection strings of the four databases as their owner, past every proxy. */
  readonly databases: Readonly<Record<SubgraphName, string>>
  /** Any database of the server, as superuser. */
  readonly adminUrl: string
  /** What stands between callers and the two processes of a kind. */
  readonly networks: Readonly<Record<Name, TcpProxy>>
  /** Between each process and its database. */
  readonly toPostgres: Readonly<Partial<Record<ProcessName, TcpProxy>>>
  /** Between the first, or the second, of every process and Redis. */
  readonly toRedis: readonly TcpProxy[]
  /** Sends a signal to a process; waits for its next life first when it is between two. */
  signal(name: ProcessName, signal: NodeJS.Signals): Promise<void>
  /** Waits until a process runs that is not `pid`, and gives its id. */
  successor(name: ProcessName, pid: number | undefined): Promise<number>
  /** Has whichever process comes to a fault point first kill itself there. @returns whether one has, within `ms`. */
  crashAt(point: FaultPoint, ms: number): Promise<boolean>
  pid(name: ProcessName): number | undefined
  /** Waits until every process says that it is ready. @throws Error naming those that do not within a minute. */
  allReady(): Promise<void>
  /** All ends of processes so far. */
  readonly ends: readonly ProcessEnd[]
  /** Ends Postgres as a power cut would, and starts it again. */
  stopPostgres(): Promise<void>
  startPostgres(): Promise<void>
  /** Kills Redis; whatever it had is gone when it starts again. */
  stopRedis(): Promise<void>
  startRedis(): Promise<void>
  flushRedis(): Promise<void>
  /** Puts a line of our own among what the processes say. */
  note(line: string): void
}

/**
 * @param logFile gets all that the processes say.
 * @param settingsFor what is in the environment of each of them, given the address for clients.
 */
export async function startCluster(
  logFile: string,
  settingsFor: (url: string) => Record<string, string> | Promise<Record<string, string>>,
): Promise<Cluster> {
  await using undo = new AsyncDisposableStack()
  const directory = undo.use(temporaryDirectory('karcis-storm-'))
  const dataDir = join(directory.path, 'postgres')
  let postgres = await startPostgres({ dataDir, durable: true })
  undo.defer(() => rmSync(postgres.dataDir, { recursive: true, force: true })) // not always below ours
  undo.defer(() => postgres.stop())
  let redis = await startRedis({ dataDir: join(directory.path, 'redis'), durable: false })
  undo.defer(() => redis.stop())
  const databases = await createOwned(postgres)
  const granted = {} as Record<SubgraphName, string>
  for (const name of SUBGRAPHS) granted[name] = await grantDatabase(name, databases[name], PASSWORD)
  const log = createWriteStream(logFile)
  undo.defer(() => new Promise<void>((resolve) => log.end(resolve)))

  const faultFile = join(directory.path, 'fault-point')
  const ports = {} as Record<ProcessName, number>
  for (const name of PROCESS_NAMES) ports[name] = await freePort()
  const urlOf = (name: ProcessName) => `http://127.0.0.1:${ports[name]}`
  const networks = {} as Record<Name, TcpProxy>
  for (const name of NAMES)
    networks[name] = undo.use(await startBalancer(...COPIES.map((copy) => urlOf(`${name}-${copy}`)))).proxy
  const url = `http://127.0.0.1:${networks.router.port}`
  const settings = await settingsFor(url)
  const toPostgres: Partial<Record<ProcessName, TcpProxy>> = {}
  const toRedis: TcpProxy[] = []
  const specs: ProcessSpec[][] = [[], []]
  for (const copy of COPIES) {
    const redisProxy = undo.use(await createTcpProxy(redis.url))
    toRedis.push(redisProxy)
    const databaseUrls = {} as Record<SubgraphName, string>
    for (const name of SUBGRAPHS) {
      const proxy = undo.use(await createTcpProxy(granted[name]))
      toPostgres[`${name}-${copy}`] = proxy
      databaseUrls[name] = proxy.through(granted[name])
    }
    const groups = platformProcesses({
      routerPort: ports[`router-${copy}`],
      ports: Object.fromEntries(SUBGRAPHS.map((name) => [name, networks[name].port])) as Record<
        SubgraphName,
        number
      >,
      databaseUrls,
      redisUrl: redisProxy.through(redis.url),
      env: { ...INHERITED, NODE_ENV: 'development', LOG_LEVEL: 'warn', ...SECRETS, ...settings },
    })
    for (const [group, members] of groups.entries())
      for (const spec of members) {
        const name = `${spec.name as Name}-${copy}` as const
        const env = { ...spec.env, PORT: String(ports[name]), KARCIS_FAULT_POINT: `@${faultFile}` }
        specs[group]?.push({ ...spec, name, env, readyUrl: `${urlOf(name)}/ready` })
      }
  }

  const ends: ProcessEnd[] = []
  const sent = new Map<string, Set<NodeJS.Signals>>()
  /** From when a process is to kill itself until it is known to have. */
  const crash = { isAwaited: false }
  const errors = new Map<string, string>()
  const note = (line: string) => void log.write(`${new Date().toISOString()} ${line}\n`)
  function hear(name: string, line: string): void {
    note(`${name} ${line}`)
    if (/^\w*error\b|"level":60/i.test(line)) errors.set(name, line.slice(0, 300))
    const how = /^died \((.+?)\);/.exec(line)?.[1]
    if (how === undefined) return
    const signals = sent.get(name) ?? new Set()
    const asked =
      signals.has(how as NodeJS.Signals) ||
      (signals.has('SIGTERM') && how === 'exit code 0') ||
      (how === 'SIGKILL' && crash.isAwaited && existsSync(`${faultFile}.done`))
    if (asked && how === 'SIGKILL' && !signals.has('SIGKILL')) crash.isAwaited = false
    ends.push({ process: name, how, asked, lastWords: errors.get(name) ?? '' })
    sent.delete(name)
    errors.delete(name)
  }
  const supervisor: Supervisor = undo.use(await supervise({ processes: specs, log: hear }))
  const pid = (name: ProcessName): number | undefined => supervisor.pids()[name]
  const successor: Cluster['successor'] = (name, before) =>
    eventually(() => {
      const now = pid(name)
      if (now === undefined || now === before) throw new Error(`${name} does not run`)
      return now
    }, REVIVED_MS)

  const running = undo.move()
  return {
    url,
    databases,
    adminUrl: postgres.url('postgres'),
    networks,
    toPostgres,
    toRedis,
    pid,
    successor,
    async allReady() {
      const late = await Promise.all(
        PROCESS_NAMES.map(async (name) => ((await becomesReady(`${urlOf(name)}/ready`)) ? [] : [name])),
      )
      if (late.flat().length > 0)
        throw new Error(`not ready again within a minute: ${late.flat().join(', ')}`)
    },
    ends,
    async signal(name, signal) {
      const now = await successor(name, undefined)
      const signals = sent.get(name) ?? new Set()
      sent.set(name, signals.add(signal))
      note(`${name} gets ${signal}`)
      process.kill(now, signal)
    },
    async crashAt(point, ms) {
      rmSync(`${faultFile}.done`, { force: true })
      crash.isAwaited = true
      writeFileSync(faultFile, point)
      const until = Date.now() + ms
      while (Date.now() < until && existsSync(faultFile)) await pause(20)
      rmSync(faultFile, { force: true })
      const hasDied = existsSync(`${faultFile}.done`)
      crash.isAwaited = hasDied
      note(`${hasDied ? 'somebody died' : 'nobody came'} at ${point}`)
      const heardBy = Date.now() + HEARD_MS // the next point is to be no reason for this death
      while (crash.isAwaited && Date.now() < heardBy) await pause(20)
      return hasDied
    },
    async stopPostgres() {
      process.kill(postgres.pid, 'SIGQUIT')
      await postgres.stop()
    },
    async startPostgres() {
      postgres = await startPostgres({ dataDir: postgres.dataDir, port: postgres.port, durable: true })
    },
    async stopRedis() {
      process.kill(redis.pid, 'SIGKILL')
      await redis.stop()
    },
    async startRedis() {
      const { port, url } = redis
      const { password } = new URL(url)
      redis = await startRedis({ dataDir: join(directory.path, 'redis'), durable: false, port, password })
    },
    flushRedis: () => tellRedis(redis.url, 'FLUSHALL'),
    note,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const becomesReady = (url: string): Promise<boolean> =>
  eventually(async () => {
    const response = await fetch(url, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(1_000),
    })
    await response.body?.cancel()
    if (response.status !== 200) throw new Error(`answered with ${response.status}`)
    return true
  }, 60_000).catch(() => false)

/** Four migrated databases, as their owner. */
async function createOwned(postgres: Postgres): Promise<Record<SubgraphName, string>> {
  await createDatabases(postgres.url('postgres'), SUBGRAPHS.map(databaseName))
  const urls = SUBGRAPHS.map((name) => [name, postgres.url(databaseName(name))] as const)
  for (const [name, url] of urls) await migrate(name, url)
  return Object.fromEntries(urls) as Record<SubgraphName, string>
}

/** Sends one command and waits until it is done. */
const tellRedis = (url: string, command: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port, password } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) }, () =>
      socket.write(`AUTH ${password}\r\n${command}\r\nQUIT\r\n`),
    )
    socket.once('error', reject)
    socket.resume()
    socket.once('close', () => resolve())
  })
