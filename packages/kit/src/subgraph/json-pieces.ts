import { setImmediate as nextTurn } from 'node:timers/promises'

/** So many items of a list are written in one turn of the event loop: some milliseconds. */
const GROUP = 2_000

/** A list that is longer is looked at by groups only; what is in it is written whole. */
const LOOKED_INTO = 100

/**
 * A large result as JSON, in pieces: the same text as of `JSON.stringify`, of which no string has the whole, with whatever else
 * came in served in between.
 */
export async function jsonPieces(result: object): Promise<string[]> {
  const pieces: string[] = []

  async function add(value: unknown): Promise<void> {
    if (Array.isArray(value) && value.length > LOOKED_INTO) await addGroups(value)
    else if (Array.isArray(value)) await addAll('[', value, add, ']')
    else if (isResult(value)) await addAll('{', Object.entries(value), addEntry, '}')
    else pieces.push(JSON.stringify(value))
  }

  async function addEntry([name, value]: [string, unknown]): Promise<void> {
    pieces.push(`${JSON.stringify(name)}:`)
    await add(value)
  }

  async function addAll<T>(
    open: string,
    items: readonly T[],
    addOne: (item: T) => Promise<void>,
    close: string,
  ): Promise<void> {
    pieces.push(open)
    for (const [at, item] of items.entries()) {
      if (at > 0) pieces.push(',')
      await addOne(item)
    }
    pieces.push(close)
  }

  async function addGroups(items: readonly unknown[]): Promise<void> {
    for (let start = 0; start < items.length; start += GROUP) {
      pieces.push(start === 0 ? '[' : ',', JSON.stringify(items.slice(start, start + GROUP)).slice(1, -1))
      await nextTurn()
    }
    pieces.push(']')
  }

  await addAll('{', Object.entries(result), addEntry, '}')
  return pieces
}

/** Whether it is an object of graphql-js; what a scalar gives may know how to write itself. */
const isResult = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
