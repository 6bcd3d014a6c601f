import { serveTasks } from '../src/workers/thread.ts'

/** Keeps its thread busy for so long, and gives the time back; what is no time is refused, less than 0 ends the thread. */
serveTasks((ms: unknown) => {
  if (typeof ms !== 'number') throw new Error('no time')
  if (ms < 0) process.exit(1)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  return ms
})
