import { isRawNumber } from '../../exact-json.ts'

/** An object of the tree of fetched data. */
export type Tree = Record<string, unknown>

export const isPlainObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a null from another subgraph has replaced, by where it was: what is fetched for it may fail after that. */
export const replaced = new WeakMap<object, Map<string | number, unknown>>()

/**
 * Merges fetched data into the tree, as the reference does. What is merged becomes part of the tree: it must not be
 * merged into a second one, see `cloneJson`.
 */
export function mergeInto(target: unknown, source: unknown): void {
  if (source === undefined || source === null) return
  const keys = Object.keys(source)
  // Where one subgraph gave an object and another did not; the reference fails over it with the same message.
  if (typeof target !== 'object') keys.some((key) => key in (target as object))
  for (const key of keys) mergeKey(target as Tree, key, (source as Tree)[key])
}

function mergeKey(target: Tree, key: string, value: unknown): void {
  if (value === undefined) return
  let held = target[key]
  if (held !== undefined && !Object.hasOwn(target, key)) {
    // An inherited name, which a custom scalar's value may well have: assigning `__proto__` would not add a key.
    Object.defineProperty(target, key, {
      value: undefined,
      configurable: true,
      enumerable: true,
      writable: true,
    })
    held = undefined
  }
  if (held && isPlainObject(value) && !isRawNumber(held)) mergeInto(held, value)
  else if (Array.isArray(value) && Array.isArray(held) && value.length === held.length)
    mergeItems(held, value)
  else {
    if (value === null && held) remember(target, key, held)
    target[key] = value
  }
}

/** Lists may have lists in them; the reference loses what such a one had before. */
function mergeItems(held: unknown[], items: unknown[]): void {
  for (const [index, item] of items.entries()) {
    const before = held[index]
    if (isPlainObject(before) && isPlainObject(item) && !isRawNumber(before)) mergeInto(before, item)
    else if (Array.isArray(before) && Array.isArray(item) && before.length === item.length)
      mergeItems(before, item)
    else {
      if (item === null && before) remember(held, index, before)
      held[index] = item
    }
  }
}

function remember(holder: object, key: string | number, before: unknown): void {
  const known = replaced.get(holder) ?? new Map<string | number, unknown>()
  replaced.set(holder, known.set(key, before))
}

/** Whether merging it leaves nothing in common with it, so that it needs no copy. */
export function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  for (const key of Object.keys(value)) {
    const item = (value as Tree)[key]
    if (typeof item === 'object' && item !== null) return false
  }
  return true
}

/** A copy of parsed JSON, for data that goes into more than one tree, or to more than one path of a tree. */
export function cloneJson<T>(value: T): T
export function cloneJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  if (Array.isArray(value)) return value.map((item: unknown) => cloneJson(item))
  const copy: Tree = {}
  for (const key of Object.keys(value)) {
    const item = cloneJson((value as Tree)[key])
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: item, configurable: true, enumerable: true, writable: true })
    else copy[key] = item
  }
  return copy
}
