import { spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { SetupError, assertPortFree, freePort } from './setup.ts'
import type { Account } from './postgres-home.ts'
import { reachableBinaries, reachableDataDirectory, serverAccount } from './postgres-home.ts'
import { isAlive, stopChild, stopLeftover } from './processes.ts'

const USER = 'karcis'
const PASSWORD = 'karcis' // guards nothing: the server listens on loopback only and is for development
const STOP_LIMIT_MS = 20_000

export interface PostgresOptions {
  /** Where the data lives. When the server's account cannot reach it, a place that it can is taken instead. */
  readonly dataDir: string
  /** Loopback port; a free one when left out. */
  readonly port?: number
  /** False trades safety for speed: for tests, whose data may die with the machine. */
  readonly durable: boolean
}

/** A running Postgres server of our own. */
export interface Postgres extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  url(database: string): string
  stop(): Promise<void>
}

const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'timezone=UTC',
  'log_timezone=UTC',
]

/** Starts the embedded server, creating its data on the first run, and resolves when it answers. */
export async function startPostgres({
  dataDir: wanted,
  port: wantedPort,
  durable,
}: PostgresOptions): Promise<Postgres> {
  const dataDir = reachableDataDirectory(wanted)
  const account = serverAccount(dataDir)
  const binaries = await reachableBinaries(account)
  await stopLeftoverPostgres(dataDir)
  if (wantedPort !== undefined) await assertPortFree(wantedPort, 'Postgres', 'POSTGRES_PORT')
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(binaries.initdb, dataDir, account, durable)

  const port = wantedPort ?? (await freePort())
  const log = openSync(join(dataDir, 'server.log'), 'w')
  const settings = [...SETTINGS, ...(durable ? [] : FAST)].flatMap((setting) => ['-c', setting])
  const child = spawn(binaries.postgres, ['-D', dataDir, '-p', String(port), ...settings], {
    ...account,
    cwd: '/',
    detached: true, // a terminal's Ctrl-C must not stop it before its clients
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const onExit = () => child.kill('SIGINT')
  process.once('exit', onExit)

  const url = (database: string) => `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`
  const stop = async () => {
    process.off('exit', onExit)
    await stopChild(child, 'SIGINT', STOP_LIMIT_MS)
  }
  let failed: Error | undefined
  child.once('error', (error) => {
    failed = error
  })
  while (!(await answers(url('postgres')))) {
    if (failed || child.exitCode !== null || child.signalCode !== null) {
      process.off('exit', onExit)
      throw new SetupError(
        `Postgres did not start: ${failed?.message ?? lastLine(join(dataDir, 'server.log'))}`,
      )
    }
    await sleep(20)
  }
  return { port, pid: child.pid ?? 0, dataDir, url, stop, [Symbol.asyncDispose]: stop }
}

/** Creates those of the databases that do not exist yet. `adminUrl` is any database of the server. */
export async function createDatabases(adminUrl: string, names: readonly string[]): Promise<void> {
  const client = new pg.Client(adminUrl)
  await client.connect()
  try {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    const existing = new Set(rows.map((row) => row.datname))
    for (const name of names) {
      if (!existing.has(name)) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    }
  } finally {
    await client.end()
  }
}

/** Made beside its final place and moved there when complete, so an interrupted first run leaves no half cluster. */
async function initialise(
  initdb: string,
  dataDir: string,
  account: Account,
  durable: boolean,
): Promise<void> {
  const fresh = `${dataDir}.new`
  const secret = `${dataDir}.password`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  writeFileSync(secret, PASSWORD, { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined) {
    for (const path of [fresh, secret]) chownSync(path, account.uid, account.gid)
  }
  const args = [
    `--pgdata=${fresh}`,
    `--username=${USER}`,
    `--pwfile=${secret}`,
    `--auth=${durable ? 'scram-sha-256' : 'trust'}`,
    '--locale=C.UTF-8',
    '--encoding=UTF8',
    ...(durable ? [] : ['--no-sync']),
  ]
  const child = spawn(initdb, args, { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  rmSync(secret, { force: true })
  if (code !== 0)
    throw new SetupError(`Postgres could not create its data in ${dataDir}: ${complaints.trim()}`)
  rmSync(dataDir, { recursive: true, force: true })
  renameSync(fresh, dataDir)
}

/** After a `kill -9` of an earlier run the server may still be there, or only the file that says so. */
export async function stopLeftoverPostgres(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0])
  const ours = (command: string) => command.includes(dataDir)
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid)) await stopLeftover(pid, ours, 'SIGINT')
  rmSync(pidFile, { force: true })
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 })
  client.on('error', () => undefined) // a server that is still starting may cut us off
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

function lastLine(file: string): string {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  return lines.findLast((line) => /FATAL|ERROR/.test(line)) ?? lines.at(-1) ?? 'it gave no reason'
}
