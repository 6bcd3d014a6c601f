// Runs on any Node from 20 up: installs what is missing, then hands over to the Node 24 that came with it.
// usage: node scripts/bootstrap.mjs <script.ts> [arguments]
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const NODE_MAJOR = 24
const PARENT_POLL_MS = 250
const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.karcis-install')

function fail(line) {
  console.error(line)
  process.exit(1)
}

/** Changes whenever another set of packages would be installed. */
function wantedInstall() {
  const packages = ['packages', 'subgraphs'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  )
  const manifests = ['.', 'router', 'web', 'e2e', 'bench', ...packages].map((folder) =>
    join(folder, 'package.json'),
  )
  const hash = createHash('sha256').update(`${PNPM} ${process.platform} ${process.arch}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function install() {
  const wanted = wantedInstall()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('[install] packages (first time, or they changed)')
  // In production mode pnpm would leave out what generates the code.
  const { NODE_ENV: _, ...env } = process.env
  const args = ['--yes', PNPM, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false']
  const { status, error } = spawnSync('npx', args, { cwd: root, env, stdio: 'inherit' })
  if (error) fail(`npx did not start (${error.message}): is npm on PATH?`)
  if (status !== 0) fail('The packages could not be installed: see above.')
  writeFileSync(stamp, wanted)
}

/** The pinned Node of the lockfile where there is one for this platform, else the one we run in. */
function runtime() {
  const pinned = join(modules, '.bin', 'node')
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath
  return fail(`Karcis needs Node ${NODE_MAJOR} or newer on this platform; this is ${process.version}.`)
}

function run(node, [script, ...args]) {
  const path = [join(modules, '.bin'), process.env.PATH].join(delimiter)
  // The channel tells the child when we are gone without having been able to say so.
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // A terminal's Ctrl-C reaches the child by itself; one that was sent to us alone has to be passed on.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  whenOrphaned(() => child.kill('SIGTERM'))
  // Its terminal may be closed; what the child has to say goes past us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  child.once('error', (error) => fail(`${script} did not start: ${error.message}`))
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

/**
 * Calls back when the npm that started us is gone, by whatever signal: it passes none on, or only to the shell between us, which does not
 * either. Without npm, whoever started us may go and leave us running.
 */
function whenOrphaned(callback) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const [npm, command] = inspect(parent)
  const behindShell = /^\S*\bsh -c /.test(command)
  const isGone = () => process.ppid !== parent || (behindShell && !isAlive(npm))
  const timer = setInterval(() => {
    if (!isGone()) return
    clearInterval(timer)
    callback()
  }, PARENT_POLL_MS)
}

/** The parent of a process, and its command line. */
function inspect(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    return [Number(parent), readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
  } catch {
    // No /proc (macOS): ask ps.
  }
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'ppid=', '-o', 'command='], {
    encoding: 'utf8',
  })
  const [, parent = '0', command = ''] = /^\s*(\d+)\s+(.*)/.exec(stdout ?? '') ?? []
  return [Number(parent), command]
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

if (!process.argv[2]) fail('usage: node scripts/bootstrap.mjs <script.ts> [arguments]')
install()
run(runtime(), process.argv.slice(2))
