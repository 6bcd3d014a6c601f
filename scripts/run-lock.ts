import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { birthOf, isAlive, stopLeftover } from '@karcis/infra/processes'
import { SetupError } from '@karcis/infra/setup'
import { exclusively } from './once.ts'

interface RunFile {
  /** Of `npm start` itself. */
  readonly supervisor: number
  /** When that process began: its id alone may be another's by now. */
  readonly birth: string
  readonly processes: Record<string, number>
}

const runFile = (dataDir: string): string => join(dataDir, 'pids.json')

function read(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(runFile(dataDir), 'utf8')) as RunFile
  } catch {
    return undefined // none there
  }
}

/** Whole or not at all, whenever we are killed. */
function write(dataDir: string, content: RunFile): void {
  const file = runFile(dataDir)
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(content, null, 2)}\n`)
  renameSync(`${file}.${process.pid}`, file)
}

/** Fails when another `npm start` uses this data. */
export function assertNotRunning(dataDir: string): void {
  const run = read(dataDir)
  if (!run || run.supervisor === process.pid) return
  if (isAlive(run.supervisor) && birthOf(run.supervisor) === run.birth) {
    throw new SetupError(`Karcis is running already on this data (pid ${run.supervisor}): stop it first.`)
  }
}

/** Makes this process the only one to use the data: of several that come at once, one. @throws SetupError in the others. */
export async function claim(dataDir: string): Promise<void> {
  await exclusively(join(dataDir, 'claim.lock'), async () => {
    assertNotRunning(dataDir)
    // What a killed run left stays on record until it is stopped.
    writeRun(dataDir, read(dataDir)?.processes ?? {})
  })
}

/** Ends processes that a killed supervisor left behind. */
export async function stopOrphans(dataDir: string): Promise<void> {
  const orphans = Object.values(read(dataDir)?.processes ?? {})
  const ours = (command: string) => command.includes('src/main.ts')
  await Promise.all(orphans.map((pid) => stopLeftover(pid, ours, 'SIGTERM')))
}

/** Notes who runs, for the next start and for a person who wants to stop one process by hand. */
export function writeRun(dataDir: string, processes: Record<string, number>): void {
  if (existsSync(dataDir)) write(dataDir, { supervisor: process.pid, birth: birthOf(process.pid), processes })
}

/** @param supervisor whose run is over; what is noted of another's stays. */
export function clearRun(dataDir: string, supervisor = process.pid): void {
  if (read(dataDir)?.supervisor === supervisor) rmSync(runFile(dataDir), { force: true })
}
