import { AsyncLocalStorage } from 'node:async_hooks'
import { asBookkeeping } from './deeds.ts'

/**
 * Somebody waits for an answer: until they have gone, or until they said that they would give up. Work that is done for them
 * knows by `whoWaits` when to stop, however deep it is, and statements on the database stop by themselves.
 */
export class Waiting {
  /** What they wait for, by which all logs call it; undefined where several wait for different things. */
  readonly requestId: string | undefined
  /** The address they come from, as the router saw it; undefined where that is not known. */
  readonly clientAddress: string | undefined
  #isOver = false
  #kept = false
  #listeners: Set<() => void> | undefined
  #controller: AbortController | undefined

  constructor(requestId?: string, clientAddress?: string) {
    this.requestId = requestId
    this.clientAddress = clientAddress
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it is done to its end. */
  get isKept(): boolean {
    return this.#kept
  }

  /** From now on what is done is done to its end, whoever waits: it writes. */
  keep(): void {
    this.#kept = true
  }

  /** They have gone. */
  end(): void {
    if (this.#isOver || this.#kept) return
    this.#isOver = true
    const listeners = this.#listeners
    this.#listeners = undefined
    for (const listener of listeners ?? []) listener()
    this.#controller?.abort(new NobodyWaits())
  }

  /** Calls once, when it is over. @returns a function that takes the listener away again. */
  onEnd(listener: () => void): () => void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    return () => void this.#listeners?.delete(listener)
  }

  /** The same for what takes a signal. */
  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    this.#controller = new AbortController()
    if (this.#isOver) this.#controller.abort(new NobodyWaits())
    return this.#controller.signal
  }

  /** @throws NobodyWaits when it is over. */
  check(): void {
    if (this.#isOver) throw new NobodyWaits()
  }
}

/** Why work was given up. */
export class NobodyWaits extends Error {
  constructor() {
    super(NOBODY_WAITS)
  }
}

/** By these words it is known again when it has come through a driver. */
export const NOBODY_WAITS = 'nobody waits for this any more'

const storage = new AsyncLocalStorage<Waiting>()

/** For whom the running code works; undefined when it is to be done whoever waits, such as a job. */
export const whoWaits = (): Waiting | undefined => storage.getStore()

/** Runs something, and all that it begins, for somebody. */
export const workFor = <T>(waiting: Waiting, run: () => T): T => storage.run(waiting, run)

/** Runs something that is not for one alone: it goes on when that one leaves, and is nobody's deed. */
export const workForAll = <T>(run: () => T): T => storage.exit(() => asBookkeeping(run))

/** Runs something for several, as long as one of them waits; for good if one of them is undefined. */
export function workJointly<T>(all: Iterable<Waiting | undefined>, run: () => T): T {
  const waiting = new Set(all)
  const [only] = waiting
  if (waiting.has(undefined) || !only) return workForAll(run)
  if (waiting.size === 1) return workFor(only, run)
  const joint = new Waiting()
  for (const one of waiting) {
    const leave = (): void => {
      waiting.delete(one)
      if (waiting.size === 0) joint.end()
    }
    if (one?.isOver) leave()
    else one?.onEnd(leave)
  }
  return workFor(joint, run)
}
