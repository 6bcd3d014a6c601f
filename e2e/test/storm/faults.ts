import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import type { FaultPoint } from '@karcis/kit/fault-points'
import type { TcpProxy } from '@karcis/testkit/tcp-proxy'
import pg from 'pg'
import { type Cluster, PROCESS_NAMES, type ProcessName } from './cluster.ts'

/** One kind of fault. */
interface FaultKind {
  /** What it can be done to. */
  readonly targets: readonly string[]
  /** Whether what is left goes on selling: then its recovery counts from its beginning. */
  readonly leavesOne: boolean
  /** Does it, and resolves when it is over. */
  run(cluster: Cluster, target: string, ms: number): Promise<void>
}

const KINDS_OF_PROCESS = ['router', ...SUBGRAPHS] as const
type KindOfProcess = (typeof KINDS_OF_PROCESS)[number]

const BUSY_PROCESSES = 4
const TERMINATE_EVERY_MS = 200
const CONNECTIONS_AT_ONCE = 20

/** Tables of the hot paths, each in its database. */
const HOT_TABLES = [
  'ticket:seats',
  'ticket:ticket_types',
  'ticket:holds',
  'ticket:kit.outbox',
  'booking:bookings',
  'booking:ledger_accounts',
  'booking:graphile_worker._private_jobs',
  'event:events',
  'user:users',
]

/** Those that come when people buy from their wallets, cancel, and let go. */
const POINTS: readonly FaultPoint[] = [
  'create-booking/claimed',
  'create-booking/kept',
  'create-booking/written',
  'confirm-payment/written',
  'issue-tickets/issued',
  'issue-tickets/noted',
  'cancel-booking/written',
  'expire-booking/written',
  'release-booking/released',
  'release-booking/noted',
  'bind-hold/bound',
  'take-places/taken',
  'convert-hold/converted',
  'end-hold/ended',
]

const copiesOf = (kind: string): ProcessName[] => PROCESS_NAMES.filter((name) => name.startsWith(`${kind}-`))

export const FAULTS = {
  'one process killed': {
    targets: PROCESS_NAMES,
    leavesOne: true,
    run: (cluster, target) => end(cluster, [target as ProcessName], 'SIGKILL'),
  },
  'one process stopped (SIGTERM)': {
    targets: PROCESS_NAMES,
    leavesOne: true,
    run: (cluster, target) => end(cluster, [target as ProcessName], 'SIGTERM'),
  },
  'died between two steps': {
    targets: POINTS,
    leavesOne: true,
    async run(cluster, target, ms) {
      await cluster.crashAt(target as FaultPoint, ms)
    },
  },
  'one process frozen': {
    targets: PROCESS_NAMES,
    leavesOne: true,
    run: (cluster, target, ms) => freeze(cluster, [target as ProcessName], ms),
  },
  'both of a kind killed': {
    targets: KINDS_OF_PROCESS,
    leavesOne: false,
    run: (cluster, target) => end(cluster, copiesOf(target), 'SIGKILL'),
  },
  'both of a kind frozen': {
    targets: KINDS_OF_PROCESS,
    leavesOne: false,
    run: (cluster, target, ms) => freeze(cluster, copiesOf(target), ms),
  },
  'Postgres stopped at once': {
    targets: ['postgres'],
    leavesOne: false,
    async run(cluster, _, ms) {
      await cluster.stopPostgres()
      await pause(ms)
      await cluster.startPostgres()
    },
  },
  'database sessions terminated': {
    targets: [...SUBGRAPHS, '%'],
    leavesOne: false,
    run: (cluster, target, ms) => terminateFor(cluster, `karcis_${target}`, ms),
  },
  'table locked': {
    targets: HOT_TABLES,
    leavesOne: false,
    run: lockFor,
  },
  'max_connections used up': {
    targets: ['postgres'],
    leavesOne: false,
    run: (cluster, _, ms) => useUpConnections(cluster, ms),
  },
  'database of one process hung': {
    targets: PROCESS_NAMES.filter((name) => !name.startsWith('router')),
    leavesOne: true,
    run: (cluster, target, ms) => hang(databaseLinks(cluster, [target as ProcessName]), ms),
  },
  'database of one process cut': {
    targets: PROCESS_NAMES.filter((name) => !name.startsWith('router')),
    leavesOne: true,
    run: (cluster, target, ms) => cut(databaseLinks(cluster, [target as ProcessName]), ms),
  },
  'database of a kind hung': {
    targets: SUBGRAPHS,
    leavesOne: false,
    run: (cluster, target, ms) => hang(databaseLinks(cluster, copiesOf(target)), ms),
  },
  'network to a kind hung': {
    targets: KINDS_OF_PROCESS,
    leavesOne: false,
    run: (cluster, target, ms) => hang([cluster.networks[target as KindOfProcess]], ms),
  },
  'network to a kind cut': {
    targets: KINDS_OF_PROCESS,
    leavesOne: false,
    run: (cluster, target, ms) => cut([cluster.networks[target as KindOfProcess]], ms),
  },
  'Redis killed': {
    targets: ['redis'],
    leavesOne: true,
    async run(cluster, _, ms) {
      await cluster.stopRedis()
      await pause(ms)
      await cluster.startRedis()
    },
  },
  'Redis flushed': {
    targets: ['redis'],
    leavesOne: true,
    run: (cluster) => cluster.flushRedis().catch(ignoreAway),
  },
  'Redis hung': {
    targets: ['redis'],
    leavesOne: true,
    run: (cluster, _, ms) => hang(cluster.toRedis, ms),
  },
  'CPU starved': {
    targets: ['machine'],
    leavesOne: false,
    run: (_cluster, _target, ms) => starve(ms),
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS

/** Something else may have taken away at the same time what a fault works on: then there is nothing more to break. */
function ignoreAway(): void {}

/** Ends processes and waits until others run in their place. */
async function end(cluster: Cluster, names: ProcessName[], signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const pid = await cluster.successor(name, undefined)
      await cluster.signal(name, signal)
      await cluster.successor(name, pid)
    }),
  )
}

async function freeze(cluster: Cluster, names: ProcessName[], ms: number): Promise<void> {
  const pids = await Promise.all(names.map((name) => cluster.successor(name, undefined)))
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal)
      } catch {
        // Killed meanwhile by another fault.
      }
    }
  }
  signalAll('SIGSTOP')
  await pause(ms)
  signalAll('SIGCONT')
}

/** Ends all sessions of the accounts that fit a pattern, again and again. */
async function terminateFor(cluster: Cluster, account: string, ms: number): Promise<void> {
  const until = Date.now() + ms
  await asAdmin(cluster.adminUrl, async (client) => {
    while (Date.now() < until) {
      await terminate(client, account)
      await pause(TERMINATE_EVERY_MS)
    }
  })
}

const terminate = (client: pg.Client, account: string): Promise<unknown> =>
  client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE $1', [account])

async function lockFor(cluster: Cluster, target: string, ms: number): Promise<void> {
  const [database, table] = target.split(':') as [(typeof SUBGRAPHS)[number], string]
  await asAdmin(cluster.databases[database], async (client) => {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    await pause(ms)
    await client.query('ROLLBACK')
  })
}

/** Takes every connection that the server has to give, ends those of the platform, and takes their places too. */
async function useUpConnections(cluster: Cluster, ms: number): Promise<void> {
  const until = Date.now() + ms
  const taken: pg.Client[] = []
  const take = async (): Promise<boolean> => {
    const client = adminClient(cluster.adminUrl)
    try {
      await client.connect()
      taken.push(client)
      return true
    } catch {
      return false
    }
  }
  await asAdmin(cluster.adminUrl, async (admin) => {
    while (Date.now() < until) {
      let more = true
      while (more && Date.now() < until)
        more = (await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, take))).every(Boolean)
      await terminate(admin, 'karcis_%')
    }
  })
  await Promise.all(taken.map((client) => client.end().catch(ignoreAway)))
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = adminClient(url)
  try {
    await client.connect()
    await work(client)
  } catch {
    ignoreAway()
  } finally {
    await client.end().catch(ignoreAway)
  }
}

function adminClient(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', ignoreAway)
  return client
}

const databaseLinks = (cluster: Cluster, names: ProcessName[]): TcpProxy[] =>
  names.flatMap((name) => cluster.toPostgres[name] ?? [])

async function hang(proxies: readonly TcpProxy[], ms: number): Promise<void> {
  for (const proxy of proxies) proxy.stall(true)
  await pause(ms)
  for (const proxy of proxies) proxy.stall(false)
}

async function cut(proxies: readonly TcpProxy[], ms: number): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.refuse()))
  await pause(ms)
  await Promise.all(proxies.map((proxy) => proxy.restore()))
}

/** Keeps every core busy with something else. */
async function starve(ms: number): Promise<void> {
  const busy = Array.from({ length: BUSY_PROCESSES }, () => spawn(process.execPath, ['-e', 'for (;;) {}']))
  await pause(ms)
  for (const child of busy) child.kill('SIGKILL')
}
