import type { FetchNode, QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, parse, print, stripIgnoredCharacters, visit } from 'graphql'
import { isRawNumber } from '../../exact-json.ts'
import { publicName } from '../../internal-names.ts'
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
    const document = withAliases(parse(node.operation, { noLocation: true }))
    return { ...node, operation: stripIgnoredCharacters(print(document)) }
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

/** Restores the names that subgraphs know in representations. */
export function restoreVariableNames(variables: Record<string, unknown>): Record<string, unknown> {
  const { representations } = variables
  return representations ? { ...variables, representations: renamed(representations) } : variables
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed)
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [publicName(key), renamed(item)]))
}
