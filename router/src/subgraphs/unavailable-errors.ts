import { ServiceUnavailable } from '@karcis/kit/errors'
import { type GraphQLFormattedError, Kind, OperationTypeNode, parse } from 'graphql'

/**
 * What a fetch answers when its subgraph does not: one error for every place that stays empty, in the terms of the fetch
 * (`_entities` with an index, or its root fields), from where the plan executor finds the path in the client's operation.
 */
export function outageErrors(query: string, variables: Record<string, unknown>): GraphQLFormattedError[] {
  const { message, code, facts } = new ServiceUnavailable()
  const extensions = { code, ...facts }
  if (Array.isArray(variables.representations)) {
    return variables.representations.map((_, index) => ({ message, path: ['_entities', index], extensions }))
  }
  return rootKeys(query).map((key) => ({ message, path: [key], extensions }))
}

/** Response keys at the top of an operation made by the planner, which uses no fragments there. */
function rootKeys(query: string): string[] {
  const [operation] = parse(query, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.operation === OperationTypeNode.SUBSCRIPTION)
    return []
  return operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  )
}
