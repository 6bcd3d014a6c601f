import {
  execute,
  type FieldNode,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  type GraphQLTypeResolver,
  getDirectiveValues,
  isAbstractType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { isRawNumber } from '../../exact-json.ts'
import type { OperationContext } from './compile.ts'
import { isPlainObject, type Tree } from './merge.ts'
import { entityDepths } from './response.ts'
import type { ExecutionResponse } from './run.ts'

/**
 * Completes what was fetched as graphql-js does what resolvers give: for introspection, and for every tree that is not as the schema
 * promises. A value of a wrong form takes no more along than the nulls of its schema say, and is reported at its path.
 * @param errors of the fetches, of which the missing values are.
 */
export async function complete(
  { schema, operation, fragments }: OperationContext,
  tree: Tree,
  variableValues: Record<string, unknown>,
  errors: readonly unknown[],
): Promise<ExecutionResponse> {
  const { data, errors: broken = [] } = await execute({
    schema,
    document: { kind: Kind.DOCUMENT, definitions: [operation, ...Object.values(fragments)] },
    rootValue: tree,
    variableValues,
    fieldResolver,
    typeResolver,
  })
  const all = [...errors, ...broken.filter((error) => !isExplained(error, errors)).map(asBug)]
  return { ...(all.length > 0 && { errors: all }), data }
}

const fieldResolver: GraphQLFieldResolver<unknown, unknown> = (
  source,
  _args,
  _context,
  { path, returnType },
) => {
  const { key } = path
  const value: unknown = Object.hasOwn(source as Tree, key) ? (source as Tree)[key] : undefined
  return ofForm(value, returnType)
}

/** The value, with an error in place of what is no object where one belongs: graphql-js would find no fields in it. */
function ofForm(value: unknown, type: GraphQLOutputType): unknown {
  if (value === null || value === undefined) return value
  if (isNonNullType(type)) return ofForm(value, type.ofType)
  if (isListType(type))
    return Array.isArray(value)
      ? value.map((item) => ofForm(item, type.ofType))
      : new Error('Expected a list.')
  if ((isObjectType(type) || isAbstractType(type)) && !isPlainObject(value))
    return new Error('Expected an object.')
  if (!isRawNumber(value) || !isSpecifiedScalarType(type)) return value
  return type.name === 'ID' ? value.rawJSON : Number(value.rawJSON)
}

/**
 * The type that a subgraph has named. One with an interface object names the interface, or none: any of its objects will do there, unless
 * the operation tells them apart. If it is one that may not be without what is missing, a subgraph has taken it back for that.
 */
const typeResolver: GraphQLTypeResolver<unknown, unknown> = (value, _context, info, declared) => {
  const { __typename: name } = value as Tree
  const { schema, fieldNodes } = info
  const type = typeof name === 'string' ? schema.getType(name) : declared
  if (!isInterfaceType(type)) return typeof name === 'string' ? name : undefined
  const objects = schema.getPossibleTypes(type).map((object) => {
    const asked = new Map<string, FieldNode>()
    for (const { selectionSet } of fieldNodes)
      if (selectionSet) collectFields(selectionSet, object, info, asked)
    return { object, asked }
  })
  const forms = new Set(objects.map(({ asked }) => JSON.stringify([...asked.keys()].toSorted())))
  const [first] = objects
  if (!first || forms.size > 1 || [...first.asked.values()].some(isTypename)) return undefined
  const taken = objects.find(({ object, asked }) => isIncomplete(value as Tree, object, asked))
  return (taken ?? first).object.name
}

/** Adds what is asked of objects of one type, by its name in the response. */
function collectFields(
  { selections }: SelectionSetNode,
  object: GraphQLObjectType,
  info: GraphQLResolveInfo,
  asked: Map<string, FieldNode>,
): void {
  const { schema, fragments, variableValues } = info
  for (const node of selections) {
    if (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.if === true) continue
    if (getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.if === false) continue
    if (node.kind === Kind.FIELD) {
      asked.set(node.alias?.value ?? node.name.value, node)
      continue
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments[node.name.value] : node
    const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
    const isMet =
      !condition || condition === object || (isAbstractType(condition) && schema.isSubType(condition, object))
    if (fragment && isMet) collectFields(fragment.selectionSet, object, info, asked)
  }
}

const isIncomplete = (value: Tree, object: GraphQLObjectType, asked: Map<string, FieldNode>): boolean =>
  [...asked].some(
    ([key, { name }]) => value[key] === undefined && isNonNullType(object.getFields()[name.value]?.type),
  )

const isTypename = ({ name }: FieldNode): boolean => name.value === '__typename'

/** Of what graphql-js says, what follows from a value that is missing. */
const FOLLOWS = /^(Cannot return null|Abstract type)/

/** Whether it follows from what is reported already. */
const isExplained = ({ path = [], message }: GraphQLError, errors: readonly unknown[]): boolean =>
  FOLLOWS.test(message) &&
  errors.some((error) => {
    if (!(error instanceof GraphQLError) || !error.path) return true
    const depth = Math.min(path.length, entityDepths.get(error) ?? error.path.length)
    return error.path.slice(0, depth).every((step, index) => step === path[index])
  })

/** What a subgraph may not give is reported here and nowhere else; without an error it would pass for data. */
const asBug = ({ message, path }: GraphQLError): GraphQLError =>
  new GraphQLError(message, { path, originalError: new Error(message) })
