import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  visit,
} from 'graphql'
import { clientError } from '../../errors.ts'
import { NOTHING } from './nothing.ts'

type Conditional = FieldNode | InlineFragmentNode | FragmentSpreadNode

const DIRECTIVES = new Set(['skip', 'include', 'defer'])

/** Names of the variables that `@skip`, `@include` and `@defer` look at. */
export function conditionVariables(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive(node) {
      const value = conditionOf(node)
      if (value?.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/**
 * The operation that is left under given conditions. The planner puts the conditions of several fields around their common fetch,
 * takes an inner one for an outer one, and fetches what a skipped field requires in place of what its neighbours do: so it is given none.
 * @param values of the variables, coerced.
 * @throws GraphQLError BAD_USER_INPUT for a condition that is null.
 */
export function resolveConditions(document: DocumentNode, values: Record<string, unknown>): DocumentNode {
  return visit(document, {
    Field: { enter: resolved },
    InlineFragment: { enter: resolved },
    FragmentSpread: { enter: resolved },
    SelectionSet: {
      leave: (node) => (node.selections.length > 0 ? undefined : { ...node, selections: [NOTHING] }),
    },
  })

  function resolved(node: Conditional): Conditional | null | undefined {
    const { directives } = node
    if (node === NOTHING || !directives?.some(({ name }) => DIRECTIVES.has(name.value))) return undefined
    const kept: DirectiveNode[] = []
    for (const directive of directives) {
      const { value: name } = directive.name
      if (!DIRECTIVES.has(name)) {
        kept.push(directive)
        continue
      }
      const holds = isTrue(directive)
      if (name === 'defer' && holds) kept.push(withoutCondition(directive))
      if ((name === 'skip' && holds) || (name === 'include' && !holds)) return null
    }
    return { ...node, directives: kept }
  }

  function isTrue(directive: DirectiveNode): boolean {
    const value = conditionOf(directive)
    if (!value) return true
    if (value.kind === Kind.BOOLEAN) return value.value
    const given = value.kind === Kind.VARIABLE ? values[value.name.value] : null
    if (typeof given === 'boolean') return given
    if (directive.name.value === 'defer' && given === undefined) return true // its own default
    throw clientError('BAD_USER_INPUT', `The condition of "@${directive.name.value}" must not be null.`)
  }
}

const conditionOf = ({ name, arguments: given = [] }: DirectiveNode) =>
  DIRECTIVES.has(name.value) ? given.find((argument) => argument.name.value === 'if')?.value : undefined

const withoutCondition = (directive: DirectiveNode): DirectiveNode => ({
  ...directive,
  arguments: directive.arguments?.filter(({ name }) => name.value !== 'if'),
})
