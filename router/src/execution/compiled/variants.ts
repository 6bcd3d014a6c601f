import type { Operation } from '@apollo/federation-internals'
import { NotCompilable } from './generate.ts'
import { compilePassthrough, type Passthrough } from './passthrough.ts'
import { compileProjection, type Projection } from './projection.ts'
import { conditionVariables, shapeOf } from './shape.ts'

/** An operation under given conditions. */
export interface Variant {
  projection: Projection
  /** Only for an operation that is a single fetch. */
  passthrough: Passthrough | null
}

/** Finds the variant for given variables; null where there is none. */
export type Variants = (variables: Record<string, unknown>) => Variant | null

const MAX_VARIANTS = 32 // so that a client cannot fill the memory with code by trying all combinations of many conditions

/**
 * Compiles one variant per combination of `@skip` and `@include` that really occurs: no generated code then has
 * any condition to check.
 * @throws NotCompilable for what would not compile under any conditions.
 */
export function createVariants(operation: Operation, isSingleFetch: boolean): Variants {
  const variables = conditionVariables(operation)
  const made = new Map<string, Variant | null>()
  made.set('', compile(''))
  return (values) => {
    if (variables.length === 0) return made.get('') ?? null
    const key = keyOf(values)
    if (key === null) return null
    const known = made.get(key)
    if (known !== undefined || made.size > MAX_VARIANTS) return known ?? null
    const variant = tryCompile(key)
    made.set(key, variant)
    return variant
  }

  /** One character per variable; null when one is not a boolean, which is for the reference to report. */
  function keyOf(values: Record<string, unknown>): string | null {
    let key = ''
    for (const { name, defaultValue } of variables) {
      const value = Object.hasOwn(values, name) ? values[name] : defaultValue
      if (typeof value !== 'boolean') return null
      key += value ? '1' : '0'
    }
    return key
  }

  function compile(key: string): Variant {
    const conditions = new Map(variables.map(({ name }, index) => [name, key[index] === '1']))
    const shape = shapeOf(operation, conditions)
    return {
      projection: compileProjection(shape, operation.schema()),
      passthrough: isSingleFetch ? compilePassthrough(shape) : null,
    }
  }

  function tryCompile(key: string): Variant | null {
    try {
      return compile(key)
    } catch (error) {
      if (error instanceof NotCompilable) return null
      throw error
    }
  }
}
