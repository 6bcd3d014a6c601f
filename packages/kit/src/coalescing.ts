/** Groups of those who want the same at the same time. */
export interface Lines<M> {
  /** @param key what the members of a group must have in common. */
  enter(key: string, member: M): void
}

interface Line<M> {
  underWay: number
  next: M[]
  weight: number
  timer: NodeJS.Timeout | undefined
}

const PATIENCE_MS = 10 // a slow group delays those behind it by this much and no more

/**
 * Batches adaptively: a group sets out at once when none of its key is under way; those who come meanwhile form the next one
 * together. Without load nobody waits, and under load groups grow instead of becoming more.
 *
 * Nobody joins a group that has set out, although that would save more: a client that reads after its own write, or after
 * news of one, must not be told what was true before.
 * @param depart works for a group; it must not reject before all members have been told.
 * @param limit the weight at which a group sets out without waiting.
 */
export function createLines<M>(
  depart: (members: readonly M[]) => Promise<unknown>,
  weigh: (member: M) => number,
  limit: number,
): Lines<M> {
  const lines = new Map<string, Line<M>>()

  return {
    enter(key, member) {
      const line = lines.get(key)
      if (!line) {
        const opened: Line<M> = { underWay: 0, next: [member], weight: 0, timer: undefined }
        lines.set(key, opened)
        setOut(opened, key)
        return
      }
      line.weight += weigh(member)
      if (line.next.push(member) === 1) line.timer = setTimeout(setOut, PATIENCE_MS, line, key)
      if (line.weight >= limit) setOut(line, key)
    },
  }

  function setOut(line: Line<M>, key: string): void {
    const members = line.next
    if (members.length === 0) return
    clearTimeout(line.timer)
    line.next = []
    line.weight = 0
    line.underWay += 1
    const arrived = (): void => {
      line.underWay -= 1
      setOut(line, key)
      if (line.underWay === 0) lines.delete(key)
    }
    depart(members).then(arrived, arrived)
  }
}
