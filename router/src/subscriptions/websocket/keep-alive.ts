import type { WebSocket } from 'ws'

/** Cuts sockets whose other end has gone without a word. */
export interface KeepAlive extends Disposable {
  watch(socket: WebSocket): void
  forget(socket: WebSocket): void
}

/** Sockets are pinged in as many groups, one after the other, so that not all are at the same moment. */
const GROUPS = 16

/** Each socket is pinged every `intervalMs`, and must have answered by the next time. One timer serves all. */
export function createKeepAlive(intervalMs: number): KeepAlive {
  const groups = Array.from({ length: GROUPS }, () => new Set<WebSocket>())
  const unanswered = new WeakSet<WebSocket>()
  let joining = 0
  let turn = 0

  const timer = setInterval(() => {
    turn = (turn + 1) % GROUPS
    for (const socket of groups[turn] ?? []) {
      if (unanswered.has(socket)) socket.terminate()
      else {
        unanswered.add(socket)
        socket.ping()
      }
    }
  }, intervalMs / GROUPS).unref()

  function answered(this: WebSocket): void {
    unanswered.delete(this)
  }

  return {
    watch(socket) {
      socket.on('pong', answered)
      joining = (joining + 1) % GROUPS
      groups[joining]?.add(socket)
    },
    forget(socket) {
      for (const group of groups) if (group.delete(socket)) return
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
