import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, visit } from 'graphql'

/** The document with nothing deferred. */
export const withoutDefer = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (isDefer(directive) ? null : undefined) })

/** How often a document defers, each fragment counted once. */
export function countDefers(document: DocumentNode): number {
  let count = 0
  visit(document, { Directive: (directive) => void (isDefer(directive) && count++) })
  return count
}

/** How many payloads may follow the initial one, whatever its conditions say. */
export function countPayloads(node: QueryPlan['node']): number {
  if (node?.kind === 'Condition')
    return Math.max(countPayloads(node.ifClause), countPayloads(node.elseClause))
  if (node?.kind !== 'Defer') return 0
  return node.deferred.reduce((count, deferred) => count + 1 + countPayloads(deferred.node), 0)
}

const isDefer = ({ name }: { name: { value: string } }): boolean => name.value === 'defer'
