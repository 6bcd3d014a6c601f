import { networkOf } from '@karcis/kit/network'
import type { Identity } from '../security/authenticate.ts'
import type { Revocations } from '../security/revocations.ts'

/** Who is connected for longer than a request. */
export interface Presence {
  /**
   * @param revoke called when the viewer's session has ended, or has another role than it began with.
   * @returns a function to call when the connection is closed; null when the viewer has too many.
   */
  admit(identity: Identity, revoke: () => void): Release | null
  /** The same for somebody who is not signed in, of whom nothing but an address is known. */
  admitAnonymous(address: string | undefined): Release | null
  recheck(revocations: Revocations): void
}

export type Release = () => void

export interface PresenceLimits {
  perViewer: number
  /**
   * Infinite where no trusted proxy is named: the address may then be a proxy's, and a limit high enough for ten thousand people who
   * watch a seat map through one would stop nobody.
   */
  perAddress: number
}

export function createPresence({ perViewer, perAddress }: PresenceLimits): Presence {
  const present = new Set<{ viewer: Identity['viewer']; revoke: () => void }>()
  const ofViewers = createCounter(perViewer)
  const ofAddresses = createCounter(perAddress)

  return {
    admit({ viewer }, revoke) {
      const release = ofViewers.take(viewer.id)
      if (!release) return null
      const entry = { viewer, revoke }
      present.add(entry)
      return () => {
        present.delete(entry)
        release()
      }
    },

    admitAnonymous(address) {
      const network = perAddress === Number.POSITIVE_INFINITY ? null : networkOf(address)
      return network === null ? nothing : ofAddresses.take(network)
    },

    recheck(revocations) {
      for (const { viewer, revoke } of present) {
        if (revocations.check(viewer)?.role !== viewer.role) revoke()
      }
    },
  }
}

/** Counts up to a limit, by key. */
function createCounter(limit: number) {
  const counts = new Map<string, number>()
  return {
    take(key: string): Release | null {
      const count = counts.get(key) ?? 0
      if (count >= limit) return null
      counts.set(key, count + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const left = (counts.get(key) ?? 1) - 1
        if (left > 0) counts.set(key, left)
        else counts.delete(key)
      }
    },
  }
}

function nothing(): void {}
