/** Nobody waits for a response any more: whoever asked has gone. */
export class NobodyWaits extends Error {
  constructor() {
    super('nobody waits for it any more')
  }
}

/** Hears once that nobody waits any more. An object and not a function, because one is made for every fetch. */
export interface WaitListener {
  waitEnded(): void
}

/** Somebody waits for a response: until they give up, and not beyond their deadline. */
export class Waiting {
  /** Milliseconds since the epoch. */
  readonly deadline: number
  #isOver = false
  /** A few: an array costs less than a set. */
  #listeners: WaitListener[] | null = null

  constructor(deadline: number) {
    this.deadline = deadline
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** They have gone, or have their response. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const listeners = this.#listeners
    this.#listeners = null
    for (const listener of listeners ?? []) listener.waitEnded()
  }

  /** @returns whether it is new here; one that is not hears of the end once all the same. */
  add(listener: WaitListener): boolean {
    if (!this.#listeners) this.#listeners = [listener]
    else if (this.#listeners.includes(listener)) return false
    else this.#listeners.push(listener)
    return true
  }

  remove(listener: WaitListener): void {
    const at = this.#listeners?.lastIndexOf(listener) ?? -1
    if (at >= 0) this.#listeners?.splice(at, 1)
  }
}

/** Waits for as long as one of several does. */
class JointWaiting extends Waiting implements WaitListener {
  #left = 0

  constructor(deadline: number, all: readonly { waiting?: Waiting | undefined }[]) {
    super(deadline)
    for (const { waiting } of all) if (waiting && !waiting.isOver && waiting.add(this)) this.#left += 1
    if (this.#left === 0) this.end()
  }

  waitEnded(): void {
    this.#left -= 1
    if (this.#left === 0) this.end()
  }
}

/** Waits for all of them together; undefined when one of them is always there. */
export function jointWaiting(all: readonly { waiting?: Waiting | undefined }[]): Waiting | undefined {
  let deadline = 0
  for (const { waiting } of all) {
    if (!waiting) return undefined
    if (waiting.deadline > deadline) deadline = waiting.deadline
  }
  return new JointWaiting(deadline, all)
}
