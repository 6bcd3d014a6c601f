import type { WebSocket } from 'ws'

/** What one socket may do. */
interface SocketLimits {
  /** Messages and pings that are taken at once; the router opens a thousand operations when it reconnects. */
  burst: number
  perSecond: number
}

const LIMITS: SocketLimits = { burst: 20_000, perSecond: 5_000 }

/** Close code for a client that sends more than anybody needs; graphql-ws clients do not try again. */
const TOO_MANY_MESSAGES = 4429

/**
 * Bounds what one socket can make a subgraph do: a flood of messages, of pings or of operations ends it. Silence needs no care here:
 * graphql-ws pings every 12 s, and cuts off who does not answer.
 */
export function guardSocket(socket: WebSocket, { burst, perSecond }: SocketLimits = LIMITS): void {
  let allowance = burst
  let countedAt = performance.now()

  function count(): void {
    const now = performance.now()
    allowance = Math.min(burst, allowance + ((now - countedAt) / 1000) * perSecond) - 1
    countedAt = now
    // Cut off rather than told to close: it may go on sending without reading.
    if (allowance < 0 && socket.readyState === socket.OPEN) {
      socket.close(TOO_MANY_MESSAGES, 'Too many messages')
      setTimeout(() => socket.terminate(), 1_000).unref()
    }
  }

  socket.on('error', () => undefined) // graphql-ws hears of the first one only; another would end the process
  socket.on('message', count)
  socket.on('ping', count)
  socket.on('pong', count)
}
