import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { platform } from 'node:os'
import { delimiter, join } from 'node:path'
import { SetupError, assertPortFree, freePort } from './setup.ts'
import { stopLeftover } from './processes.ts'
import { runServer, type ServerEvents } from './server-process.ts'

const STOP_LIMIT_MS = 5000
const PID_FILE = 'redis.pid'
const PROGRAMS = ['redis-server', 'valkey-server']
const HOW_TO =
  'Install it (Debian/Ubuntu: apt-get install redis-server; macOS: brew install redis) or set REDIS_URL.'

export interface RedisOptions extends ServerEvents {
  /** Where its files are. */
  readonly dataDir: string
  /** Loopback port; a free one when left out. */
  readonly port?: number
  /** Whether an append-only file keeps the data; without it nothing survives the process. */
  readonly durable: boolean
  readonly log?: (line: string) => void
}

/** A running Redis server of our own. */
export interface Redis extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly url: string
  stop(): Promise<void>
}

/** Starts Redis (or Valkey) from PATH, installing it first where that needs no question, and waits until it takes its password. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  const { dataDir, port: wantedPort, durable, log = () => undefined, onSpawn, onRestart } = options
  const program = findProgram() ?? install(log)
  mkdirSync(dataDir, { recursive: true })
  await stopLeftoverRedis(dataDir)
  if (wantedPort !== undefined) await assertPortFree(wantedPort, 'Redis', 'REDIS_PORT')
  const port = wantedPort ?? (await freePort())
  const pidFile = join(dataDir, PID_FILE)
  const password = randomBytes(24).toString('hex') // for as long as this server runs: whoever needs it gets the URL
  const args = ['-', '--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--pidfile', pidFile]
  const keep = ['--save', '', '--appendonly', durable ? 'yes' : 'no']
  const server = await runServer({
    name: 'Redis',
    spawn() {
      const child = spawn(program, [...args, ...keep, '--loglevel', 'warning', '--logfile', 'redis.log'], {
        detached: true, // a terminal's Ctrl-C must not stop it before its clients
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      child.stdin.on('error', () => undefined) // one that could not start reads nothing
      child.stdin.end(`requirepass ${password}\n`) // not among the arguments, which every account of the machine can list
      return child
    },
    answers: () => answers(port, password),
    lastWords: () => lastLine(join(dataDir, 'redis.log')),
    stopSignal: 'SIGTERM',
    stopLimitMs: STOP_LIMIT_MS,
    onSpawn,
    onRestart,
  })
  return {
    port,
    get pid() {
      return server.pid
    },
    url: `redis://:${password}@127.0.0.1:${port}`,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

function findProgram(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
  return folders
    .flatMap((folder) => PROGRAMS.map((name) => join(folder, name)))
    .find((path) => existsSync(path))
}

/** Debian and Ubuntu as root: from the system's packages, without its service being started. */
function install(log: (line: string) => void): string {
  const canInstall = platform() === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!canInstall) throw new SetupError(`Redis was not found. ${HOW_TO}`)
  log('installing redis-server from the system packages (once)')
  // RUNLEVEL=1 makes invoke-rc.d leave the service alone: its port is not ours to take.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' }) // a stale index may still have the package
  try {
    const args = ['install', '-y', '-qq', '--no-install-recommends', 'redis-server']
    execFileSync('apt-get', args, { env, stdio: 'pipe' })
  } catch {
    throw new SetupError(`Redis was not found, and apt-get could not install it. ${HOW_TO}`)
  }
  const program = findProgram()
  if (!program) throw new SetupError(`Redis was installed but is not on PATH. ${HOW_TO}`)
  return program
}

/** Ends the server that a killed run left on this data, if it is still there. */
export async function stopLeftoverRedis(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, PID_FILE)
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  // Its command line names no directory, but it works in its own.
  const ours = (command: string) => /(redis|valkey)-server/.test(command) && worksIn(pid, dataDir)
  if (Number.isInteger(pid) && pid > 1) await stopLeftover(pid, ours, 'SIGTERM')
  rmSync(pidFile, { force: true })
}

function worksIn(pid: number, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory)
  } catch {
    return false
  }
}

const answers = (port: number, password: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`AUTH ${password}\r\n`))
    const done = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.setTimeout(1000, () => done(false))
    socket.once('error', () => done(false))
    socket.once('data', (chunk) => done(chunk.toString().startsWith('+OK')))
  })

const lastLine = (file: string): string =>
  (existsSync(file) && readFileSync(file, 'utf8').trim().split('\n').at(-1)) || 'it gave no reason'
