import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

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
