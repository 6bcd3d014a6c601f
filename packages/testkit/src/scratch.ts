import { accessSync, constants, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

/** Linux keeps it in memory. */
const IN_MEMORY = '/dev/shm'
/** What the servers of a run write at most, and what must be left of the memory beside it. */
const DATA_BYTES = 3 * 2 ** 30
const MEMORY_BYTES = 2 * DATA_BYTES

/**
 * Where the servers of tests keep their data: in memory where there is enough of it, or where other temporary files are. Each database
 * of a test is hundreds of files that live for seconds, and a disk's file system takes long to find a place for a file where others
 * have just been deleted: with Postgres on one, that took a third of all the processor time of a run.
 */
export const scratchDirectory = (): string => (fitsInMemory() ? IN_MEMORY : tmpdir())

/** All places where an earlier run may have left something. */
export const scratchDirectories = (): string[] => [tmpdir(), ...(isWritable(IN_MEMORY) ? [IN_MEMORY] : [])]

function fitsInMemory(): boolean {
  if (!isWritable(IN_MEMORY)) return false
  const { bavail, bsize } = statfsSync(IN_MEMORY)
  return bavail * bsize > DATA_BYTES && freemem() > MEMORY_BYTES
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
