import { openConnection, type Connection, type Exchange } from './connection.ts'

/** What the load is made of: the exchanges are gone through again and again, by all connections together. */
export interface Load {
  port: number
  exchanges: Exchange[]
  connections: number
}

/** Keeps every connection busy for `ms`, or for so many requests. @returns how long each took that was answered, in ms. */
export function saturate(load: Load, limit: { ms: number } | { requests: number }): Promise<number[]> {
  const requests = 'requests' in limit ? limit.requests : Number.POSITIVE_INFINITY
  return withConnections(load, (connections, next) => {
    const latencies: number[] = []
    const { promise, resolve } = Promise.withResolvers<number[]>()
    let left = requests

    function send(connection: Connection): void {
      if (left-- <= 0) return
      const sentAt = performance.now()
      connection.send(next(), () => {
        latencies.push(performance.now() - sentAt)
        if (latencies.length === requests) resolve(latencies)
        else send(connection)
      })
    }
    connections.forEach(send)
    if ('ms' in limit)
      setTimeout(() => {
        left = 0
        resolve([...latencies])
      }, limit.ms)
    return promise
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
