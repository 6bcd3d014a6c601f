import { ServiceUnavailable } from '@karcis/kit/errors'

/** Runs something as soon as there is room for it. @throws ServiceUnavailable when too many wait already. */
export type Gate = <T>(run: () => Promise<T>) => Promise<T>

/**
 * Lets a few run at once and others wait in line: what is slow leaves connections to all the rest.
 * @param room how many run at once. @param line how many may wait.
 */
export function createGate(room: number, line: number): Gate {
  let running = 0
  const waiting: (() => void)[] = []
  return async (run) => {
    if (running === room) {
      if (waiting.length === line) throw new ServiceUnavailable('Too many are searching just now. Try again.')
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
