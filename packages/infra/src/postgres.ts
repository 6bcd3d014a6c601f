import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
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
import pg from 'pg'
import { SetupError, assertPortFree, freePort } from './setup.ts'
import type { Account } from './postgres-home.ts'
import { reachableBinaries, reachableDataDirectory, serverAccount } from './postgres-home.ts'
import { commandLine, isAlive, stopLeftover } from './processes.ts'
import { runServer, type ServerEvents } from './server-process.ts'

const USER = 'karcis'
const FIRST_PASSWORD = 'karcis' // of a server for tests, which asks for none; and of data from before there was a better one
/** In the data directory, because it belongs to that data. The processes of the platform have roles and passwords of their own. */
const PASSWORD_FILE = 'owner-password'
const WRONG_PASSWORD = '28P01'
const STOP_LIMIT_MS = 20_000

export interface PostgresOptions extends ServerEvents {
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

const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_wal_size=256MB'] // data may be in memory
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
  onSpawn,
  onRestart,
}: PostgresOptions): Promise<Postgres> {
  const dataDir = reachableDataDirectory(wanted)
  const account = serverAccount(dataDir)
  const binaries = await reachableBinaries(account)
  await stopLeftoverPostgres(dataDir)
  if (wantedPort !== undefined) await assertPortFree(wantedPort, 'Postgres', 'POSTGRES_PORT')
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(binaries.initdb, dataDir, account, durable)
  const password = durable ? keptPassword(dataDir, account) : FIRST_PASSWORD

  const port = wantedPort ?? (await freePort())
  const url = urlsAt(port, password)
  const logFile = join(dataDir, 'server.log')
  rmSync(logFile, { force: true })
  const settings = [...SETTINGS, ...(durable ? [] : FAST)].flatMap((setting) => ['-c', setting])
  const server = await runServer({
    name: 'Postgres',
    spawn() {
      const log = openSync(logFile, 'a')
      const child = spawn(binaries.postgres, ['-D', dataDir, '-p', String(port), ...settings], {
        ...account,
        cwd: '/',
        detached: true, // a terminal's Ctrl-C must not stop it before its clients
        stdio: ['ignore', log, log],
      })
      closeSync(log)
      return child
    },
    answers: () => answers(url('postgres')),
    lastWords: () => lastLine(logFile),
    // What a killed server left running works until it notices; Postgres waits for it, so that two never write to the same data.
    isPassing: (reason) => /shared memory block .* still in use/.test(reason),
    stopSignal: 'SIGINT',
    stopLimitMs: STOP_LIMIT_MS,
    onSpawn,
    onRestart,
  })
  try {
    await replaceFirstPassword(url('postgres'))
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    port,
    get pid() {
      return server.pid
    },
    dataDir,
    url,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

/**
 * How to reach a server that runs on this data, started by another process.
 * @returns the owner's URL of each of its databases; undefined when none runs.
 */
export function findPostgres(wanted: string): ((database: string) => string) | undefined {
  const dataDir = reachableDataDirectory(wanted)
  const [pidFile, passwordFile] = [join(dataDir, 'postmaster.pid'), join(dataDir, PASSWORD_FILE)]
  if (!existsSync(pidFile) || !existsSync(passwordFile)) return undefined
  const [pid, , , port] = readFileSync(pidFile, 'utf8').split('\n')
  if (!isAlive(Number(pid)) || !commandLine(Number(pid)).includes(dataDir)) return undefined
  return urlsAt(Number(port), readFileSync(passwordFile, 'utf8'))
}

const urlsAt =
  (port: number, password: string) =>
  (database: string): string =>
    `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`

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
  writeFileSync(secret, newPassword(), { mode: 0o600 })
  for (const path of [fresh, secret]) give(path, account)
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
  if (code !== 0) {
    rmSync(secret, { force: true })
    throw new SetupError(`Postgres could not create its data in ${dataDir}: ${complaints.trim()}`)
  }
  renameSync(secret, join(fresh, PASSWORD_FILE))
  rmSync(dataDir, { recursive: true, force: true })
  renameSync(fresh, dataDir)
}

const newPassword = (): string => randomBytes(32).toString('hex')

function give(path: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** The owner's password; of data that has none yet a new one, kept before the server knows it, so that no crash locks us out. */
function keptPassword(dataDir: string, account: Account): string {
  const file = join(dataDir, PASSWORD_FILE)
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, newPassword(), { mode: 0o600 })
    give(`${file}.new`, account)
    renameSync(`${file}.new`, file)
  }
  return readFileSync(file, 'utf8')
}

/** Lets data that still has the password which everybody knows take the one in `url`. */
async function replaceFirstPassword(url: string): Promise<void> {
  if ((await failureToConnect(url)) !== WRONG_PASSWORD) return
  const client = new pg.Client(Object.assign(new URL(url), { password: FIRST_PASSWORD }).href)
  await client.connect()
  try {
    const password = client.escapeLiteral(new URL(url).password)
    await client.query(`ALTER ROLE ${client.escapeIdentifier(USER)} PASSWORD ${password}`)
  } finally {
    await client.end()
  }
}

/** After a `kill -9` of an earlier run the server may still be there, or only the file that says so, with an id that somebody else has now. */
export async function stopLeftoverPostgres(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0])
  const ours = (command: string) => command.includes(dataDir)
  if (!Number.isInteger(pid) || pid <= 1) return rmSync(pidFile, { force: true }) // half written
  await stopLeftover(pid, ours, 'SIGINT')
  // Postgres does not start while the id is taken. One that nobody has is for Postgres to judge.
  if (isAlive(pid)) rmSync(pidFile, { force: true })
}

/** One that asks for another password is there as well. */
const answers = async (url: string): Promise<boolean> =>
  [undefined, WRONG_PASSWORD].includes(await failureToConnect(url))

/** The code of what is in the way of a connection; undefined when it comes about. */
async function failureToConnect(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 })
  client.on('error', () => undefined) // a server that is still starting may cut us off
  try {
    await client.connect()
    await client.end()
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  }
}

function lastLine(file: string): string {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  return lines.findLast((line) => /FATAL|ERROR/.test(line)) ?? lines.at(-1) ?? 'it gave no reason'
}
