import type { QueryPlan } from '@apollo/query-planner'
import { type DocumentNode, type FieldNode, Kind, visit } from 'graphql'
import { DEFER_MARK } from '../internal-names.ts'
import { NOTHING } from './rewrites/nothing.ts'

/** The document with nothing deferred. */
export const withoutDefer = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (isDefer(directive) ? null : undefined) })

/**
 * The document with a mark wherever something is deferred: the planner loses the objects of which nothing is selected that is not
 * deferred. The mark is no part of the response.
 */
export const withMarks = (document: DocumentNode): DocumentNode =>
  visit(document, {
    SelectionSet: ({ selections, ...set }) =>
      selections.some(({ directives }) => directives?.some(isDefer))
        ? { ...set, selections: [...selections, MARK] }
        : undefined,
  })

/** What is left of a selection set without its mark. */
export const withoutMarks = (document: DocumentNode): DocumentNode =>
  visit(document, {
    SelectionSet: {
      leave({ selections, ...set }) {
        const unmarked = selections.filter(
          (selection) => selection.kind !== Kind.FIELD || selection.alias?.value !== DEFER_MARK,
        )
        return { ...set, selections: unmarked.length > 0 ? unmarked : [NOTHING] }
      },
    },
  })

const MARK: FieldNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: DEFER_MARK },
  name: { kind: Kind.NAME, value: '__typename' },
}

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
