import {
  type FragmentDefinitionNode,
  getIntrospectionQuery,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { clientError } from '../errors.ts'
import type { Costs } from './list-sizes.ts'
import { createSlicingTest, measureOperation } from './measure.ts'

/** The parser stops here, because validation can take quadratic time. */
export const MAX_TOKENS = 5_000

/** What one operation may ask for. Each is beyond what real clients send. */
const MAX_DEPTH = 15
const MAX_ALIASES = 200
const MAX_ROOT_FIELDS = 100
/** Mutations of one operation run one after the other, and each may be as dear as a request of its own. */
const MAX_MUTATIONS = 25
/** Each is planned for every condition on the others, and repeats all that came before: with more, none is deferred. */
export const MAX_DEFERRED = 5
/** Fields, each counted as often as the lists above it are long. */
const MAX_COST = 100_000
/** Of what explorers ask for, which is everything: this many times. */
const MAX_INTROSPECTIONS = 2

/** What an operation asks for with certain variables. */
export interface Measured {
  /** The first limit that it breaks, as an error for the client; null when it breaks none. */
  problem: GraphQLError | null
  /** Fields, each counted as often as the lists above it are long, and for what it weighs. */
  cost: number
}

export type LimitCheck = (variables: Record<string, unknown>) => Measured

/** Makes the check of an operation's limits. It is measured once, unless its variables say how long a list is. */
export function createLimitCheck(
  schema: GraphQLSchema,
  costs: Costs,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
): LimitCheck {
  const check: LimitCheck = (variables) => measure(schema, costs, operation, fragments, variables)
  if ([operation, ...Object.values(fragments)].some(hasVariableSize)) return check
  const measured = check({})
  return () => measured

  function hasVariableSize(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
    const isSlicing = createSlicingTest(costs)
    let found = false
    visit(definition, {
      Argument({ name, value }) {
        found ||= value.kind === Kind.VARIABLE && isSlicing(name.value)
      },
    })
    return found
  }
}

function measure(
  schema: GraphQLSchema,
  costs: Costs,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
  variables: Record<string, unknown>,
): Measured {
  const measures = measureOperation(schema, costs, operation, fragments, variables)
  return { problem: brokenLimit(schema, operation, fragments, measures), cost: measures.cost }
}

function brokenLimit(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Record<string, FragmentDefinitionNode>,
  { depth, aliases, cost, introspection }: ReturnType<typeof measureOperation>,
): GraphQLError | null {
  if (depth > MAX_DEPTH) return tooMuch('depth', depth, MAX_DEPTH)
  if (aliases > MAX_ALIASES) return tooMuch('aliases', aliases, MAX_ALIASES)
  const rootFields = countRootFields(operation.selectionSet, fragments)
  if (rootFields > MAX_ROOT_FIELDS) return tooMuch('rootFields', rootFields, MAX_ROOT_FIELDS)
  if (operation.operation === OperationTypeNode.MUTATION && rootFields > MAX_MUTATIONS)
    return tooMuch('mutations', rootFields, MAX_MUTATIONS)
  if (cost > MAX_COST) return tooMuch('cost', cost, MAX_COST)
  const mostIntrospection = introspection > 0 ? maxIntrospection(schema) : 0
  return introspection > mostIntrospection ? tooMuch('introspection', introspection, mostIntrospection) : null
}

const introspectionLimits = new WeakMap<GraphQLSchema, number>()

/** In terms of this schema: a whole introspection costs more where there is more to tell. */
function maxIntrospection(schema: GraphQLSchema): number {
  const known = introspectionLimits.get(schema)
  if (known !== undefined) return known
  const { definitions } = parse(
    getIntrospectionQuery({
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  )
  const [operation] = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const { introspection } = measureOperation(
    schema,
    { listSizes: new Map(), weights: new Map() },
    operation as OperationDefinitionNode,
    Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])),
    {},
  )
  const most = MAX_INTROSPECTIONS * introspection
  introspectionLimits.set(schema, most)
  return most
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

const NAMES = {
  depth: 'depth',
  aliases: 'number of aliases',
  rootFields: 'number of root fields',
  mutations: 'number of mutations',
  cost: 'cost',
  introspection: 'introspection',
}

/** @param limit also names the fact beside the code that says how much it is. */
function tooMuch(limit: keyof typeof NAMES, value: number, most: number): GraphQLError {
  const message = `The operation is too large: its ${NAMES[limit]} is ${value}, the most is ${most}.`
  return clientError('BAD_USER_INPUT', message, { facts: { [limit]: value, most } })
}
