import type { Operation } from '@apollo/federation-internals'
import { conditionVariables } from './conditions.ts'
import { compileProjection, type Projection } from './projection.ts'
import { NotCompilable, shapeOf } from './shape.ts'

/** Finds the projection for given variables; null where there is none, and the reference must shape the answer. */
export type Variants = (variables: Record<string, unknown>) => Projection | null

const MAX_VARIANTS = 32 // a client that tries all combinations of many conditions shall not fill the memory with code

/**
 * Compiles one projection per combination of `@skip` and `@include` that really occurs: no projection then has any condition
 * to check.
 * @throws NotCompilable for what would not compile under any conditions.
 */
export function createVariants(operation: Operation): Variants {
  const variables = conditionVariables(operation)
  const made = new Map<string, Projection | null>()
  made.set('', compile(''))
  return (values) => {
    if (variables.length === 0) return made.get('') ?? null
    const key = keyOf(values)
    if (key === null) return null
    const known = made.get(key)
    if (known !== undefined || made.size > MAX_VARIANTS) return known ?? null
    const projection = tryCompile(key)
    made.set(key, projection)
    return projection
  }

  /** One character per variable; null when one is no boolean, of which the reference has to complain. */
  function keyOf(values: Record<string, unknown>): string | null {
    let key = ''
    for (const { name, defaultValue } of variables) {
      const value = Object.hasOwn(values, name) ? values[name] : defaultValue
      if (typeof value !== 'boolean') return null
      key += value ? '1' : '0'
    }
    return key
  }

  function compile(key: string): Projection {
    const conditions = new Map(variables.map(({ name }, index) => [name, key[index] === '1']))
    return compileProjection(shapeOf(operation, conditions), operation.schema())
  }

  function tryCompile(key: string): Projection | null {
    try {
      return compile(key)
    } catch (error) {
      if (error instanceof NotCompilable) return null
      throw error
    }
  }
}
