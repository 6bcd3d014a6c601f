import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After the last of what took much. */
const QUIET_MS = 3_000

/** Gives back what was taken. */
export interface MemoryRelease {
  /** Something has taken much memory, and is done with it. */
  taken(): void
}

/**
 * V8 keeps the memory of its largest hour until its process has hardly anything to do, which a server with its timers never has: 800 MB
 * after a few large answers, of which 40 are used. This has it given back some seconds after the last of them, in a pause of
 * some 100 ms.
 */
export function createMemoryRelease(quietMs = QUIET_MS): MemoryRelease {
  let timer: NodeJS.Timeout | undefined
  return {
    taken() {
      clearTimeout(timer)
      timer = setTimeout(release, quietMs).unref()
    },
  }
}

let collect: ((options: { type: 'major'; flavor: 'last-resort' }) => void) | undefined

function release(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc') // for contexts made from now on
    collect = runInNewContext('gc') as NonNullable<typeof collect>
  }
  collect({ type: 'major', flavor: 'last-resort' }) // any other keeps its empty pages for later
}
