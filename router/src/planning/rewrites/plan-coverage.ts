import { type FetchNode, isPlanNode, type PlanNode, type QueryPlan } from '@apollo/query-planner'
import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** Response keys of what a plan fetches, with the keys below each. */
type Fetched = Map<string, Fetched>

/**
 * Finds a field that an operation surely asks for and no fetch of its plan brings, as a path; null when there is none.
 * The planner silently leaves out what no subgraph can give for an object, and the response would have a null there that nobody
 * gave. Below a type condition or a `@skip` it may be right to leave something out.
 */
export function uncoveredField(
  plan: QueryPlan,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
): string[] | null {
  const fetched: Fetched = new Map()
  const { node } = plan
  if (node && isPlanNode(node)) gather(node, [], fetched)
  else if (node) {
    gather(node.primary, [], fetched)
    if (node.rest) gather(node.rest, [], fetched)
  }
  return missing(operation.selectionSet, fetched)

  function missing({ selections }: SelectionSetNode, below: Fetched): string[] | null {
    for (const selection of selections) {
      if (selection.directives?.length) continue
      const found =
        selection.kind === Kind.FIELD ? missingField(selection, below) : missingIn(selection, below)
      if (found) return found
    }
    return null
  }

  function missingField(
    field: Extract<SelectionNode, { kind: Kind.FIELD }>,
    below: Fetched,
  ): string[] | null {
    if (field.name.value.startsWith('__')) return null
    const key = field.alias?.value ?? field.name.value
    const known = below.get(key)
    if (!known) return [key]
    const found = field.selectionSet && missing(field.selectionSet, known)
    return found ? [key, ...found] : null
  }

  function missingIn(
    selection: Exclude<SelectionNode, { kind: Kind.FIELD }>,
    below: Fetched,
  ): string[] | null {
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection
    return fragment && !fragment.typeCondition ? missing(fragment.selectionSet, below) : null
  }
}

function gather(node: PlanNode | undefined, path: string[], into: Fetched): void {
  if (!node) return
  if (node.kind === 'Fetch') gatherFetch(node, at(into, path))
  else if (node.kind === 'Flatten') gather(node.node, [...path, ...node.path.map(String)], into)
  else if (node.kind === 'Condition') {
    gather(node.ifClause, path, into)
    gather(node.elseClause, path, into)
  } else if (node.kind === 'Defer') {
    for (const part of [node.primary, ...node.deferred]) gather(part.node, path, into)
  } else for (const one of node.nodes) gather(one, path, into)
}

/** The objects at a path of the plan, in which `@` stands for the items of a list. */
function at(root: Fetched, path: string[]): Fetched {
  return path.filter((step) => step !== '@').reduce(entered, root)
}

function entered(fetched: Fetched, key: string): Fetched {
  const below = fetched.get(key) ?? new Map()
  fetched.set(key, below)
  return below
}

function gatherFetch(node: FetchNode, into: Fetched): void {
  const { definitions } = parse(node.operation, { noLocation: true })
  // The name under which a value is merged, by the name under which it was asked for.
  const names = new Map(
    (node.outputRewrites ?? []).flatMap((rewrite) =>
      rewrite.kind === 'KeyRenamer' ? [[rewrite.path.at(-1), rewrite.renameKeyTo]] : [],
    ),
  )
  const fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet]] : [],
    ),
  )
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const root: Fetched = new Map()
    collect(definition.selectionSet, node.requires ? root : into)
    if (node.requires) merge(root.get('_entities') ?? new Map(), into)
  }

  function collect({ selections }: SelectionSetNode, below: Fetched): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const inner = entered(below, names.get(key) ?? key)
        if (selection.selectionSet) collect(selection.selectionSet, inner)
      } else {
        const set =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? fragments.get(selection.name.value)
            : selection.selectionSet
        if (set) collect(set, below)
      }
    }
  }
}

function merge(from: Fetched, into: Fetched): void {
  for (const [key, below] of from) merge(below, entered(into, key))
}
