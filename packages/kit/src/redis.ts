import { Redis } from 'ioredis'
import type { Logger } from './log.ts'
import { noteOutage } from './outages.ts'

/**
 * ioredis has a class that extends String. From then on V8 keeps String.prototype as a prototype that is being set up, and every string method
 * of the process is looked up instead of inlined, until something goes through an object's prototypes, as this does.
 */
for (const _ in Object('')) break

/** Messages to all processes over Redis pub/sub. Any of them may be lost: they are for speed, and nothing may rest on them. */
export interface Bus {
  /** Sends after the transaction has committed. Never throws: a message lost is no data lost. */
  publish(channel: string, message: unknown): void
  /** Hears a channel until the returned function is called. */
  subscribe(channel: string, listener: (message: unknown) => void): () => void
}

export interface RedisPair {
  /** For commands. Fails at once while Redis is away, so that callers go on without it. */
  commands: Redis
  bus: Bus
  close(): Promise<void>
}

/** Two connections to one Redis (or Redis Cluster endpoint): one for commands, one that only listens. */
export function connectRedis(url: string, log: Logger): RedisPair {
  const options = {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: backOff,
    commandTimeout: 1_000,
  }
  const commands = new Redis(url, options)
  const listener = new Redis(url, {
    ...options,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    // It would subscribe again without catching the rejection when it is closed in that moment, which ends the process.
    autoResubscribe: false,
  })
  const listeners = new Map<string, Set<(message: unknown) => void>>()

  for (const connection of [commands, listener]) {
    connection.on('error', (error) => noteOutage(log, 'redis', error.message))
  }
  listener.on('ready', () => {
    if (listeners.size > 0) listener.subscribe(...listeners.keys()).catch(ignoreClosed)
  })
  listener.on('message', (channel, text) => {
    const message = read(text)
    if (message !== undefined) for (const hear of listeners.get(channel) ?? []) hear(message)
  })

  return {
    commands,
    bus: {
      publish(channel, message) {
        commands.publish(channel, JSON.stringify(message)).catch((error: Error) => {
          log.debug({ channel, reason: error.message }, 'message not published')
        })
      },
      subscribe(channel, hear) {
        const known = listeners.get(channel)
        if (known) known.add(hear)
        else {
          listeners.set(channel, new Set([hear]))
          listener.subscribe(channel).catch(ignoreClosed)
        }
        return () => {
          const others = listeners.get(channel)
          others?.delete(hear)
          if (others?.size !== 0) return
          listeners.delete(channel)
          listener.unsubscribe(channel).catch(ignoreClosed)
        }
      },
    },
    async close() {
      for (const connection of [commands, listener]) connection.disconnect()
    },
  }
}

const backOff = (attempt: number): number => Math.min(50 * 2 ** attempt, 2_000)

/** All subscriptions are sent again when the connection is back; a closed one needs none. */
function ignoreClosed(): void {}

/** Somebody else's Redis may carry somebody else's messages. */
function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
