/** Gathers those who want the same at the same time, and serves them together. */
export interface Coalescer<M> {
  /** @param key what the members of a group must have in common. */
  add(key: string, member: M): void
}

/** The groups of one key. */
interface Groups<M> {
  running: number
  /** Who will be in the next group. */
  next: M[]
  weight: number
  timer: NodeJS.Timeout | undefined
}

const MAX_WAIT_MS = 10 // a slow group delays those behind it by this much and no more

/**
 * Batches adaptively: a group starts at once when none of its key is running; those who come meanwhile form the next one
 * together. Without load nobody waits, and under load groups grow instead of becoming more.
 *
 * Nobody joins a group that has started, although that would save more: a client that reads after its own write, or after a
 * notice of one, must not be given what was true before.
 * @param run serves a group; it must not reject before all members have been served.
 * @param limit the weight at which a group starts without waiting.
 */
export function createCoalescer<M>(
  run: (members: readonly M[]) => Promise<unknown>,
  weigh: (member: M) => number,
  limit: number,
): Coalescer<M> {
  const byKey = new Map<string, Groups<M>>()

  return {
    add(key, member) {
      const groups = byKey.get(key)
      if (!groups) {
        const opened: Groups<M> = { running: 0, next: [member], weight: 0, timer: undefined }
        byKey.set(key, opened)
        start(opened, key)
        return
      }
      groups.weight += weigh(member)
      if (groups.next.push(member) === 1) groups.timer = setTimeout(start, MAX_WAIT_MS, groups, key)
      if (groups.weight >= limit) start(groups, key)
    },
  }

  function start(groups: Groups<M>, key: string): void {
    const members = groups.next
    if (members.length === 0) return
    clearTimeout(groups.timer)
    groups.next = []
    groups.weight = 0
    groups.running += 1
    const finished = (): void => {
      groups.running -= 1
      start(groups, key)
      if (groups.running === 0) byKey.delete(key)
    }
    run(members).then(finished, finished)
  }
}
