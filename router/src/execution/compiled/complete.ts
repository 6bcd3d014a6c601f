import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLTypeResolver,
  isAbstractType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
} from 'graphql'
import { isRawNumber } from '../../exact-json.ts'
import { fieldFinder, type Selected } from '../../planning/rewrites/selected-fields.ts'
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
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [operation, ...Object.values(fragments)],
  }
  const { data, errors: broken = [] } = await execute({
    schema,
    document,
    rootValue: tree,
    variableValues,
    fieldResolver,
    typeResolver: typeResolver(fieldFinder(document, schema)),
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
const typeResolver =
  ({ fieldsByKey }: ReturnType<typeof fieldFinder>): GraphQLTypeResolver<unknown, unknown> =>
  (value, _context, { schema, fieldNodes }, declared) => {
    const { __typename: name } = value as Tree
    const type = typeof name === 'string' ? schema.getType(name) : declared
    if (!isInterfaceType(type)) return typeof name === 'string' ? name : undefined
    const visits = fieldNodes.flatMap(({ selectionSet: set }) => (set ? [{ set, parent: declared }] : []))
    const objects = schema
      .getPossibleTypes(type)
      .map((object) => ({ object, asked: fieldsByKey(visits, object) }))
    const forms = new Set(objects.map(({ asked }) => JSON.stringify([...asked.keys()].toSorted())))
    const [first] = objects
    if (!first || forms.size > 1 || [...first.asked.values()].some(isTypename)) return undefined
    const taken = objects.find(({ object, asked }) => isIncomplete(value as Tree, object, asked))
    return (taken ?? first).object.name
  }

const isIncomplete = (value: Tree, object: GraphQLObjectType, asked: Map<string, Selected[]>): boolean =>
  [...asked].some(
    ([key, [one]]) =>
      value[key] === undefined && isNonNullType(object.getFields()[one?.field.name.value ?? '']?.type),
  )

const isTypename = ([one]: Selected[]): boolean => one?.field.name.value === '__typename'

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
