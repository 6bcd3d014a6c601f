import type { Identity } from '../security/authenticate.ts'
import type { Revocations } from '../security/revocations.ts'

/** Who is connected for longer than a request. */
export interface Presence {
  /**
   * @param revoke called when the viewer's session has ended, or has another role than it began with.
   * @returns a function to call when the connection is closed; null when the viewer has too many.
   */
  admit(identity: Identity, revoke: () => void): (() => void) | null
  recheck(revocations: Revocations): void
}

/**
 * People who are not signed in are not counted. All that tells them apart is their address, and behind a proxy that is the
 * proxy's: a limit high enough for ten thousand people who watch a seat map through one would stop nobody. Such a socket costs
 * some 10 KB, the limit of open files bounds them all, and the proxy, which knows the addresses, can bound each.
 */
export function createPresence(connectionsPerViewer: number): Presence {
  const present = new Set<{ viewer: Identity['viewer']; revoke: () => void }>()
  const perViewer = new Map<string, number>()

  return {
    admit({ viewer }, revoke) {
      const count = perViewer.get(viewer.id) ?? 0
      if (count >= connectionsPerViewer) return null
      perViewer.set(viewer.id, count + 1)
      const entry = { viewer, revoke }
      present.add(entry)
      return () => {
        if (!present.delete(entry)) return
        const left = (perViewer.get(viewer.id) ?? 1) - 1
        if (left > 0) perViewer.set(viewer.id, left)
        else perViewer.delete(viewer.id)
      }
    },

    recheck(revocations) {
      for (const { viewer, revoke } of present) {
        if (revocations.check(viewer)?.role !== viewer.role) revoke()
      }
    },
  }
}
