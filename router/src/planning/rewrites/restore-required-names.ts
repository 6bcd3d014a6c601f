import type {
  FetchDataRewrite,
  FetchNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
  SubscriptionNode,
} from '@apollo/query-planner'
import { type DocumentNode, parse, print, stripIgnoredCharacters, visit } from 'graphql'
import { commonName, isOwnName } from '../../internal-names.ts'
import type { RequiredFields, Requirements } from './required-fields.ts'
import { splitFetch } from './split-fetch.ts'

/** Gives the fetches of a plan the real names of required fields back, under aliases in what is asked. */
export function nameRequired(plan: QueryPlan, fields: RequiredFields, requirements: Requirements): QueryPlan {
  if (fields.size === 0 || !plan.node) return plan
  return { ...plan, node: named(plan.node) }

  function named<Node extends PlanNode | SubscriptionNode>(node: Node): Node
  function named(node: PlanNode | SubscriptionNode): PlanNode | SubscriptionNode {
    switch (node.kind) {
      case 'Fetch':
        return fetches(node)
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map((one) => named(one)) }
      case 'Flatten':
        return { ...node, node: named(node.node) }
      case 'Condition':
        return {
          ...node,
          ...(node.ifClause && { ifClause: named(node.ifClause) }),
          ...(node.elseClause && { elseClause: named(node.elseClause) }),
        }
      case 'Subscription':
        return { ...node, primary: aliased(node.primary), ...(node.rest && { rest: named(node.rest) }) }
      case 'Defer':
        return {
          ...node,
          primary: withNamed(node.primary),
          deferred: node.deferred.map((one) => withNamed(one)),
        }
    }
  }

  function withNamed<Part extends { node?: PlanNode }>(part: Part): Part {
    return part.node ? { ...part, node: named(part.node) } : part
  }

  function fetches(node: FetchNode): PlanNode {
    const [first, ...others] = splitFetch(node, requirements).map(aliased)
    if (!first) return node
    return others.length > 0 ? { kind: 'Parallel', nodes: [first, ...others] } : first
  }

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

/** What representations carry under our names goes to the subgraph under its own. */
function renamesOf(selections: QueryPlanSelectionNode[], path: string[]): FetchDataRewrite[] {
  return selections.flatMap((selection): FetchDataRewrite[] => {
    if (selection.kind === 'InlineFragment') {
      const step = selection.typeCondition === undefined ? [] : [`... on ${selection.typeCondition}`]
      return renamesOf(selection.selections, [...path, ...step])
    }
    const here = [...path, selection.name]
    const below = renamesOf(selection.selections ?? [], here) // first, while the path still leads there
    return isOwnName(selection.name)
      ? [...below, { kind: 'KeyRenamer', path: here, renameKeyTo: commonName(selection.name) }]
      : below
  })
}

/** The executor's own renaming passes over null, 0, false and ''; this one does not. */
export function nameVariables(variables: Record<string, unknown>): Record<string, unknown> {
  const { representations } = variables
  return representations ? { ...variables, representations: renamed(representations) } : variables
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [commonName(key), renamed(item)]))
}
