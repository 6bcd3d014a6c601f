import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import { clientError } from '../errors.ts'

/** The parser stops here, because validation can take quadratic time. */
export const MAX_TOKENS = 5_000

/** What one operation may ask for. Each is beyond what real clients send. */
const MAX_DEPTH = 15
const MAX_ALIASES = 200
const MAX_ROOT_FIELDS = 100
/** Each is planned for every condition on the others, and repeats all that came before: with more, none is deferred. */
export const MAX_DEFERRED = 5
/** Fields, each counted as often as the pages above it are long. */
const MAX_COST = 100_000

/** The size of a page when none is asked for. */
const DEFAULT_PAGE = 20

interface Measure {
  depth: number
  aliases: number
  cost: number
}

/**
 * Makes the check of an operation's limits: it returns the first that is broken, as an error for the client, or null. The
 * operation is measured once, unless its variables say how long a page is.
 */
export function createLimitCheck(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
): (variables: Record<string, unknown>) => GraphQLError | null {
  if ([operation, ...Object.values(fragments)].some(hasVariablePage))
    return (variables) => brokenLimit(schema, operation, fragments, variables)
  const problem = brokenLimit(schema, operation, fragments, {})
  return () => problem
}

function hasVariablePage(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  let found = false
  visit(definition, {
    Argument({ name, value }) {
      found ||= isPageSize(name.value) && value.kind === Kind.VARIABLE
    },
  })
  return found
}

const isPageSize = (argument: string): boolean => argument === 'first' || argument === 'last'

function brokenLimit(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
): GraphQLError | null {
  // A fragment is measured once, so that fragments which spread fragments cannot make measuring itself costly.
  const measured = new Map<string, Measure>()
  const root = schema.getRootType(operation.operation) ?? undefined
  const { depth, aliases, cost } = measure(operation.selectionSet, root)

  if (depth > MAX_DEPTH) return tooMuch('depth', depth, MAX_DEPTH)
  if (aliases > MAX_ALIASES) return tooMuch('aliases', aliases, MAX_ALIASES)
  const rootFields = countRootFields(operation.selectionSet, fragments)
  if (rootFields > MAX_ROOT_FIELDS) return tooMuch('root fields', rootFields, MAX_ROOT_FIELDS)
  return cost > MAX_COST ? tooMuch('cost', cost, MAX_COST) : null

  function measure(selections: SelectionSetNode, parent: GraphQLNamedType | undefined): Measure {
    const total = { depth: 0, aliases: 0, cost: 0 }
    for (const selection of selections.selections) {
      const part =
        selection.kind === Kind.FIELD
          ? measureField(selection, parent)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measure(selection.selectionSet, conditionOf(selection.typeCondition?.name.value) ?? parent)
      total.depth = Math.max(total.depth, part.depth)
      total.aliases += part.aliases
      total.cost += part.cost
    }
    return total
  }

  function measureField(node: FieldNode, parent: GraphQLNamedType | undefined): Measure {
    const own = node.alias ? 1 : 0
    // Introspection has a limit of its own among the validation rules of graphql-js.
    if (node.name.value.startsWith('__') || !node.selectionSet) return { depth: 1, aliases: own, cost: 1 }
    const field =
      isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined
    const below = measure(node.selectionSet, field && getNamedType(field.type))
    const paged = field?.args.some(({ name }) => isPageSize(name))
    const rows = paged ? pageSize(node, variables) : 1
    return { depth: below.depth + 1, aliases: below.aliases + own, cost: 1 + rows * below.cost }
  }

  function measureFragment(name: string): Measure {
    const known = measured.get(name)
    if (known) return known
    const fragment = fragments[name]
    if (!fragment) return { depth: 0, aliases: 0, cost: 0 }
    const result = measure(fragment.selectionSet, conditionOf(fragment.typeCondition.name.value))
    measured.set(name, result)
    return result
  }

  function conditionOf(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : schema.getType(name)
  }
}

function pageSize(node: FieldNode, variables: Record<string, unknown>): number {
  const size = node.arguments?.find(({ name }) => isPageSize(name.value))
  const value = size && valueFromASTUntyped(size.value, variables)
  return typeof value === 'number' && value > 0 ? value : DEFAULT_PAGE
}

function countRootFields(
  selections: SelectionSetNode,
  fragments: Record<string, FragmentDefinitionNode>,
): number {
  const counted = new Map<string, number>()
  return count(selections)

  function count({ selections }: SelectionSetNode): number {
    let fields = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields++
      else if (selection.kind === Kind.INLINE_FRAGMENT) fields += count(selection.selectionSet)
      else fields += countFragment(selection.name.value)
    }
    return fields
  }

  function countFragment(name: string): number {
    const known = counted.get(name)
    if (known !== undefined) return known
    const fields = fragments[name] ? count(fragments[name].selectionSet) : 0
    counted.set(name, fields)
    return fields
  }
}

const tooMuch = (what: string, value: number, most: number): GraphQLError =>
  clientError('BAD_USER_INPUT', `The operation is too large: its ${what} is ${value}, the most is ${most}.`)
