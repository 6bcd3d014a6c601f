import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, visit } from 'graphql'

export const withoutDefer = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (isDefer(directive) ? null : undefined) })

/** How often a document defers, each fragment counted once. */
export function countDefers(document: DocumentNode): number {
  let count = 0
  visit(document, { Directive: (directive) => void (isDefer(directive) && count++) })
  return count
}

/** How many parts may follow the first, whatever its conditions say. */
export function countParts(node: QueryPlan['node']): number {
  if (node?.kind === 'Condition') return Math.max(countParts(node.ifClause), countParts(node.elseClause))
  if (node?.kind !== 'Defer') return 0
  return node.deferred.reduce((count, deferred) => count + 1 + countParts(deferred.node), 0)
}

const isDefer = ({ name }: { name: { value: string } }): boolean => name.value === 'defer'
