import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A hash over the contents of files; one that does not exist counts as such. */
export function hashFiles(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`\0${file}\0`).update(existsSync(file) ? readFileSync(file) : 'none')
  return hash.digest('hex')
}

/** Whether `stampFile` says that this very input was worked through already. */
export const isStamped = (stampFile: string, hash: string): boolean =>
  existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash

/** Notes that the work for this input is done. */
export function writeStamp(stampFile: string, hash: string): void {
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, hash)
}

const ABANDONED_MS = 60_000 // far above what the work takes: whoever held it was killed

/** Runs `work` while no other process of this project runs under the same lock (a directory's existence). */
export async function exclusively<T>(lock: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lock), { recursive: true })
  while (!acquire(lock)) await sleep(50)
  try {
    return await work()
  } finally {
    rmdirSync(lock)
  }
}

function acquire(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > ABANDONED_MS) rmdirSync(lock)
    return false
  }
}
