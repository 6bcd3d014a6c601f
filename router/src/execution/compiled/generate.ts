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

/** Keys that every object seems to have; an operation with such a name is left to the reference. */
export const isInherited = (key: string): boolean => key in Object.prototype
