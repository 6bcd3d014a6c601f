import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Nothing large has been held for this long: whoever watches the same again and again comes sooner. */
const QUIET_MS = 1_000

/** Has V8 give back what large responses took. By itself it keeps that until it needs room, which an idle process never does. */
export interface MemoryReturn extends Disposable {
  /** Large responses are held no more. */
  soon(): void
  /** There is another. */
  notYet(): void
}

export function createMemoryReturn(): MemoryReturn {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let timer: NodeJS.Timeout | undefined

  function notYet(): void {
    clearTimeout(timer)
    timer = undefined
  }

  return {
    soon() {
      notYet()
      timer = setTimeout(() => collect(), QUIET_MS).unref()
    },
    notYet,
    [Symbol.dispose]: notYet,
  }
}
