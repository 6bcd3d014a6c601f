import {
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import type { Costs } from './list-sizes.ts'

/** What an operation asks for, at most. */
export interface Measure {
  depth: number
  aliases: number
  /** Fields, each counted as often as the lists above it are long; some count for more than one. */
  cost: number
  /** The same of `__schema` and `__type`, which no subgraph is asked for. */
  introspection: number
}

/** The size of a page when none is asked for. */
const DEFAULT_PAGE = 20

/** What a list is weighed with that is not paged, and of which no schema says how long it can be. */
const DEFAULT_LIST = 10

/** Explorers ask for nine types in each other; of those that there are, each wraps another with about this chance. */
const WRAPPED = 0.4

/** Arguments that say how long a page is, in schemas that do not say so. */
const PAGE_ARGUMENTS = ['first', 'last']

/** Whether an argument of this name may say how long a list is. */
export function createSlicingTest({ listSizes }: Costs): (argument: string) => boolean {
  const names = new Set([...listSizes.values()].flatMap(({ slicingArguments }) => slicingArguments))
  for (const name of PAGE_ARGUMENTS) names.add(name)
  return (argument) => names.has(argument)
}

/** A size that holds for lists of the object that is selected from: the edges of a connection. */
interface Sized {
  size: number
  /** All its lists, if undefined. */
  fields: string[] | undefined
}

/** Measures an operation. @param variables coerced, with their defaults. */
export function measureOperation(
  schema: GraphQLSchema,
  { listSizes, weights }: Costs,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
): Measure {
  // A fragment is measured once, so that fragments which spread fragments cannot make measuring itself costly.
  const measured = new Map<string, Measure>()
  return measure(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, null)

  function measure(
    { selections }: SelectionSetNode,
    parent: GraphQLNamedType | undefined,
    sized: Sized | null,
  ): Measure {
    const total = { depth: 0, aliases: 0, cost: 0, introspection: 0 }
    for (const selection of selections) {
      const part =
        selection.kind === Kind.FIELD
          ? measureField(selection, parent, sized)
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value, sized)
            : measure(
                selection.selectionSet,
                conditionOf(selection.typeCondition?.name.value) ?? parent,
                sized,
              )
      total.depth = Math.max(total.depth, part.depth)
      total.aliases += part.aliases
      total.cost += part.cost
      total.introspection += part.introspection
    }
    return total
  }

  function measureFragment(name: string, sized: Sized | null): Measure {
    const key = sized ? `${name} ${sized.size} ${sized.fields?.join() ?? ''}` : name
    const known = measured.get(key)
    if (known) return known
    const fragment = fragments[name]
    if (!fragment) return { depth: 0, aliases: 0, cost: 0, introspection: 0 }
    const result = measure(fragment.selectionSet, conditionOf(fragment.typeCondition.name.value), sized)
    measured.set(key, result)
    return result
  }

  function measureField(node: FieldNode, parent: GraphQLNamedType | undefined, sized: Sized | null): Measure {
    const name = node.name.value
    const aliases = node.alias ? 1 : 0
    if (name === '__schema' || name === '__type') return measureIntrospection(node, name, aliases)
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    const coordinate = `${parent?.name}.${name}`
    const own = field ? weightOf(node, field, coordinate) : 1
    const length = field ? lengthOf(node, field, coordinate, sized) : { rows: 1, inner: null }
    if (!node.selectionSet) return { depth: 1, aliases, cost: own * length.rows, introspection: 0 }
    const below = measure(node.selectionSet, field && getNamedType(field.type), length.inner)
    return {
      depth: below.depth + 1,
      aliases: aliases + below.aliases,
      cost: own + length.rows * below.cost,
      introspection: length.rows * below.introspection,
    }
  }

  /** It is nested by nature, and has a limit for that among the validation rules of graphql-js. */
  function measureIntrospection(node: FieldNode, name: '__schema' | '__type', aliases: number): Measure {
    const below = measure(
      node.selectionSet as SelectionSetNode,
      schema.getType(name === '__schema' ? '__Schema' : '__Type'),
      null,
    )
    return { depth: 1, aliases: aliases + below.aliases, cost: 1, introspection: Math.ceil(1 + below.cost) }
  }

  function weightOf(node: FieldNode, field: GraphQLField<unknown, unknown>, coordinate: string): number {
    let weight = weights.get(coordinate) ?? weights.get(getNamedType(field.type).name) ?? 1
    for (const { name } of node.arguments ?? []) weight += weights.get(`${coordinate}(${name.value}:)`) ?? 0
    return weight
  }

  /** How many there are of what is selected below a field, and of the lists in it. */
  function lengthOf(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    coordinate: string,
    sized: Sized | null,
  ): { rows: number; inner: Sized | null } {
    const stated = listSizes.get(coordinate)
    const slicing = stated?.slicingArguments.length
      ? stated.slicingArguments
      : PAGE_ARGUMENTS.filter((name) => field.args.some((argument) => argument.name === name))
    const asked = slicing.length > 0 ? askedSize(node, field, slicing) : undefined
    const fallback = stated?.assumedSize ?? (slicing.length > 0 ? DEFAULT_PAGE : undefined)
    const size = asked ?? fallback
    const dimensions = listDimensions(field)
    if (dimensions === 0) {
      if (coordinate === '__Type.ofType') return { rows: WRAPPED, inner: null }
      const isSizing = size !== undefined && isCompositeType(getNamedType(field.type))
      return { rows: 1, inner: isSizing ? { size, fields: stated?.sizedFields } : null }
    }
    const isSized = sized && (!sized.fields || sized.fields.includes(field.name))
    const rows = size ?? (isSized ? sized.size : sizeOfIntrospection(coordinate, schema))
    return { rows: rows * DEFAULT_LIST ** (dimensions - 1), inner: null }
  }

  /** The largest size that an argument asks for; undefined when none does. */
  function askedSize(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    slicing: string[],
  ): number | undefined {
    const sizes = slicing.flatMap((name) => {
      const given = node.arguments?.find((argument) => argument.name.value === name)?.value
      const value = given
        ? valueFromASTUntyped(given, variables)
        : field.args.find((argument) => argument.name === name)?.defaultValue
      return typeof value === 'number' && value > 0 ? [value] : []
    })
    return sizes.length > 0 ? Math.max(...sizes) : undefined
  }

  function conditionOf(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : schema.getType(name)
  }
}

/** How many lists are in each other. */
function listDimensions({ type }: GraphQLField<unknown, unknown>): number {
  let dimensions = 0
  for (let rest: unknown = type; isNonNullType(rest) || isListType(rest); rest = rest.ofType)
    if (isListType(rest)) dimensions++
  return dimensions
}

const sizes = new WeakMap<GraphQLSchema, Record<string, number>>()

/** How long a list of introspection is in this schema, on average; of any other list, what is assumed of all. */
function sizeOfIntrospection(coordinate: string, schema: GraphQLSchema): number {
  if (!coordinate.startsWith('__')) return DEFAULT_LIST
  const known = sizes.get(schema) ?? introspectionSizes(schema)
  sizes.set(schema, known)
  return known[coordinate] ?? DEFAULT_LIST
}

function introspectionSizes(schema: GraphQLSchema): Record<string, number> {
  const types = Object.values(schema.getTypeMap())
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
  )
  const perType = Math.ceil(fields.length / types.length)
  const perField = Math.ceil(fields.reduce((sum, { args }) => sum + args.length, 0) / (fields.length || 1))
  return {
    '__Schema.types': types.length,
    '__Schema.directives': schema.getDirectives().length,
    '__Type.fields': perType,
    '__Type.inputFields': perType,
    '__Type.enumValues': perType,
    '__Type.interfaces': 1,
    '__Type.possibleTypes': 1,
    '__Field.args': perField,
    '__Directive.args': 2,
    '__Directive.locations': 4,
  }
}
