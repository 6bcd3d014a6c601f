import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, isAlive, stopLeftover } from '@karcis/infra/processes'
import { SetupError } from '@karcis/infra/setup'

interface RunFile {
  readonly supervisor: number
  readonly processes: Record<string, number>
}

const runFile = (dataDir: string): string => join(dataDir, 'pids.json')

function read(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(runFile(dataDir), 'utf8')) as RunFile
  } catch {
    return undefined // none there, or one that a crash left half written
  }
}

/** Fails when another `npm start` uses this data. */
export function assertNotRunning(dataDir: string): void {
  const supervisor = read(dataDir)?.supervisor
  if (supervisor === undefined || supervisor === process.pid) return
  if (isAlive(supervisor) && commandLine(supervisor).includes('start.ts')) {
    throw new SetupError(`Karcis is running already on this data (pid ${supervisor}): stop it first.`)
  }
}

/** Ends processes that a killed supervisor left behind. */
export async function stopOrphans(dataDir: string): Promise<void> {
  const orphans = Object.values(read(dataDir)?.processes ?? {})
  const ours = (command: string) => command.includes('src/main.ts')
  await Promise.all(orphans.map((pid) => stopLeftover(pid, ours, 'SIGTERM')))
}

/** Notes who runs, for the next start and for a person who wants to stop one process by hand. */
export function writeRun(dataDir: string, processes: Record<string, number>): void {
  if (!existsSync(dataDir)) return
  const content: RunFile = { supervisor: process.pid, processes }
  writeFileSync(runFile(dataDir), `${JSON.stringify(content, null, 2)}\n`)
}

export const clearRun = (dataDir: string): void => rmSync(runFile(dataDir), { force: true })
