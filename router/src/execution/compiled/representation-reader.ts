import { getResponseName, type QueryPlanSelectionNode } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'
import { mergeInto, type Tree } from './merge.ts'
import { isOfType } from './type-conditions.ts'

/** Reads what a fetch requires from an entity, for every form of it; null when a field was not fetched. */
export function readRepresentation(
  schema: GraphQLSchema,
  source: Tree | null,
  selections: readonly QueryPlanSelectionNode[],
): Tree | null {
  if (source === null) return null
  const result: Tree = {}
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') {
      if (!selection.typeCondition || !hasType(schema, source, selection.typeCondition)) continue
      mergeInto(result, readRepresentation(schema, source, selection.selections))
      continue
    }
    const name = getResponseName(selection)
    if (!Object.hasOwn(source, name) || source[name] === undefined) return null
    const value = source[name]
    const { selections: inner } = selection
    if (!inner) result[name] = value
    else if (Array.isArray(value))
      result[name] = value.map((item: Tree | null) => readRepresentation(schema, item, inner))
    else result[name] = readRepresentation(schema, value as Tree | null, inner)
  }
  return result
}

const hasType = (schema: GraphQLSchema, { __typename: name }: Tree, condition: string): boolean =>
  Boolean(name) && isOfType(schema, name as string, condition)
