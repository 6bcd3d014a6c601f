import type { FetchDataRewrite, FetchNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner'
import { type DocumentNode, parse, print, stripIgnoredCharacters, visit } from 'graphql'
import { isInternalName, publicName } from '../../internal-names.ts'
import { mapFetches } from './map-fetches.ts'
import type { RequiredFields, Requirements } from './required-fields.ts'
import { splitFetch } from './split-fetch.ts'

/** Restores the real names of required fields in the fetches of a plan, with the internal names as aliases. */
export function restoreRequiredNames(
  plan: QueryPlan,
  fields: RequiredFields,
  requirements: Requirements,
): QueryPlan {
  if (fields.size === 0) return plan
  return mapFetches(plan, (fetch) => splitFetch(fetch, requirements).map(aliased))

  function aliased(node: FetchNode): FetchNode {
    const rewrites = renamesOf(node.requires ?? [], [])
    return {
      ...node,
      operation: stripIgnoredCharacters(print(withAliases(parse(node.operation, { noLocation: true })))),
      ...(rewrites.length > 0 && { inputRewrites: [...(node.inputRewrites ?? []), ...rewrites] }),
    }
  }

  function withAliases(document: DocumentNode): DocumentNode {
    return visit(document, {
      Field(node) {
        const real = fields.get(node.name.value)
        return real && { ...node, alias: node.alias ?? node.name, ...real }
      },
    })
  }
}

/** What representations carry under internal names goes to the subgraph under the names that it knows. */
function renamesOf(selections: QueryPlanSelectionNode[], path: string[]): FetchDataRewrite[] {
  return selections.flatMap((selection): FetchDataRewrite[] => {
    if (selection.kind === 'InlineFragment') {
      const step = selection.typeCondition === undefined ? [] : [`... on ${selection.typeCondition}`]
      return renamesOf(selection.selections, [...path, ...step])
    }
    const here = [...path, selection.name]
    const below = renamesOf(selection.selections ?? [], here) // first, while the path still exists
    return isInternalName(selection.name)
      ? [...below, { kind: 'KeyRenamer', path: here, renameKeyTo: publicName(selection.name) }]
      : below
  })
}

/**
 * Restores the names that subgraphs know in representations. The executor's own renaming passes over null, 0, false and '';
 * this one does not.
 */
export function restoreVariableNames(variables: Record<string, unknown>): Record<string, unknown> {
  const { representations } = variables
  return representations ? { ...variables, representations: renamed(representations) } : variables
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [publicName(key), renamed(item)]))
}
