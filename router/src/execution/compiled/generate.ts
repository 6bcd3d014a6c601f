/** An operation of a kind that is not compiled, and left to the reference executor. */
export class NotCompilable extends Error {}

/**
 * Turns generated source into a function. Whatever of it came from outside must have gone through `JSON.stringify`, or be a
 * GraphQL name: nothing a client or a subgraph sends can then become code.
 * @param helpers what the source may use, by name.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it has written
export function generate<F>(source: string, helpers: Record<string, unknown>): F {
  // oxlint-disable-next-line typescript/no-implied-eval -- see above for what may go in
  return new Function(...Object.keys(helpers), `'use strict'\n${source}`)(...Object.values(helpers)) as F
}

/** Keys that every object seems to have. */
export const isInherited = (key: string): boolean => key in Object.prototype

/** The source of a read of a property, whose name is a GraphQL name; `own` must be among the helpers. */
export const property = (source: string, key: string): string =>
  isInherited(key) ? `own(${source}, ${JSON.stringify(key)})` : `${source}.${key}`

export const own = (source: object, key: string): unknown =>
  Object.hasOwn(source, key) ? (source as Record<string, unknown>)[key] : undefined
