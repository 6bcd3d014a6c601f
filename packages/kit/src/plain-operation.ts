/** An operation in the form in which every client library sends it. */
export interface PlainOperation {
  query: string
  operationName?: string | null
  variables?: Record<string, unknown> | null
  /** They may ask for anything. */
  extensions?: unknown
}

/** Whether a body has that form. What else may be wrong with it is told by whoever runs it. */
export function isPlainOperation(body: unknown): body is PlainOperation {
  if (!isRecord(body)) return false
  const { query, operationName, variables } = body
  return (
    typeof query === 'string' &&
    (operationName == null || (typeof operationName === 'string' && operationName !== '')) &&
    (variables == null || isRecord(variables))
  )
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
