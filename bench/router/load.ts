import { openConnection, type Connection, type Exchange } from './connection.ts'

/** What the load is made of: the exchanges are gone through again and again, by all connections together. */
export interface Load {
  port: number
  exchanges: Exchange[]
  connections: number
}

/** Keeps every connection busy for `ms`. @returns how many requests were answered in that time. */
export function saturate(load: Load, ms: number): Promise<number> {
  return withConnections(load, (connections, next) => {
    let answered = 0
    let running = true
    for (const connection of connections) {
      const again = (): void => {
        answered++
        if (running) connection.send(next(), again)
      }
      connection.send(next(), again)
    }
    return new Promise((resolve) => {
      setTimeout(() => {
        running = false
        resolve(answered)
      }, ms)
    })
  })
}

/**
 * Sends requests at fixed times whether or not earlier ones were answered; those for which no connection is free wait, and
 * their waiting counts. @returns how long each took, in milliseconds.
 */
export function arrive(load: Load, perSecond: number, ms: number): Promise<number[]> {
  return withConnections(load, (free, next) => {
    const total = Math.max(1, Math.round((perSecond * ms) / 1000))
    const latencies: number[] = []
    const waiting: number[] = []
    const { promise, resolve } = Promise.withResolvers<number[]>()
    const started = performance.now()
    let sent = 0

    function dispatch(connection: Connection, arrivedAt: number): void {
      connection.send(next(), () => {
        latencies.push(performance.now() - arrivedAt)
        const waited = waiting.shift()
        if (waited === undefined) free.push(connection)
        else dispatch(connection, waited)
        if (latencies.length === total) resolve(latencies)
      })
    }

    function tick(): void {
      const now = performance.now()
      for (const due = ((now - started) * perSecond) / 1000; sent < total && sent < due; sent++) {
        const connection = free.shift()
        if (connection) dispatch(connection, now)
        else waiting.push(now)
      }
      if (sent < total) setTimeout(tick, 1)
    }
    tick()
    return promise
  })
}

async function withConnections<T>(
  { port, exchanges, connections }: Load,
  work: (connections: Connection[], next: () => Exchange) => Promise<T>,
): Promise<T> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  broken.catch(() => undefined) // a connection may fail when nobody waits any more
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(port, reject)))
  let index = 0
  const next = (): Exchange => exchanges[index++ % exchanges.length] as Exchange
  try {
    return await Promise.race([work([...opened], next), broken])
  } finally {
    for (const connection of opened) connection.close()
  }
}
