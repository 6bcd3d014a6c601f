import type { Operation } from '@apollo/federation-internals'
import { compilePassthrough, type Passthrough } from './passthrough.ts'
import { compileProjection, type Projection } from './projection.ts'
import { shapeOf } from './shape.ts'

/** The code that writes the responses of an operation, whose conditions are decided: it has none to check. */
export interface Variant {
  projection: Projection
  /** Only for an operation that is a single fetch. */
  passthrough: Passthrough | null
}

/** Generates it. @throws NotCompilable for what is too large. */
export function compileVariant(operation: Operation, isSingleFetch: boolean): Variant {
  const shape = shapeOf(operation)
  return {
    projection: compileProjection(shape, operation.schema()),
    passthrough: isSingleFetch ? compilePassthrough(shape) : null,
  }
}
