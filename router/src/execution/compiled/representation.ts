import {
  type FetchDataRewrite,
  getResponseName,
  type QueryPlanFieldNode,
  type QueryPlanInlineFragmentNode,
  type QueryPlanSelectionNode,
} from '@apollo/query-planner'
import { type GraphQLSchema, isCompositeType } from 'graphql'
import { generate, NotCompilable, own, property } from './generate.ts'
import { jsonText } from './json-text.ts'
import { mergeInto, type Tree } from './merge.ts'
import { isOfType } from './rewrite.ts'

/**
 * The representation of an entity as JSON; empty where the entity is of another type, or lacks something required.
 * @param memo of the same request, so that an entity found at many paths is written once.
 */
export type Selector = (entity: Tree, memo: Map<unknown, string>) => string

/**
 * Generates the selector for what a fetch requires. The text serves three ends: it is the key for de-duplication within and
 * across requests, and it is what goes over the wire.
 *
 * Only the plain form that the planner gives to nearly every fetch is generated, one fragment per type with fields in it;
 * the rest is read selection by selection, as the reference does it.
 * @throws NotCompilable
 */
export function compileSelector(
  requires: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[],
  schema: GraphQLSchema,
): Selector {
  const rename = compileRename(rewrites, schema)
  const read = (entity: Tree): string => {
    const representation = readRepresentation(schema, entity, requires)
    if (!representation?.__typename) return ''
    return JSON.stringify({ ...representation, __typename: rename(representation.__typename as string) })
  }
  const functions: string[] = []
  const branches: string[] = []
  const names = typeNames(requires, schema)
  for (const name of names) {
    const matching = requires.filter(
      (selection) => selection.kind === 'Field' || isMatch(schema, name, selection),
    )
    const [only] = matching
    const plain = matching.length === 1 && only?.kind === 'InlineFragment' && fieldsOf(only.selections)
    if (!plain) branches.push(`case ${JSON.stringify(name)}: return read(s)`)
    else if (plain.some((field) => getResponseName(field) === '__typename' && !field.selections)) {
      const body = objectBody(plain, functions, "''", rename(name))
      const key = names.length === 1 ? onlyKey(plain) : null // one type: the key alone tells entities apart
      branches.push(`case ${JSON.stringify(name)}: ${key === null ? body : memoized(key, body, functions)}`)
    }
  }
  const fallback = requires.some(({ kind }) => kind === 'Field') ? 'read(s)' : "''"
  const body = `switch (s.__typename) { ${branches.join('\n')} }\nreturn ${fallback}`
  return generate<Selector>(`${functions.join('\n')}\nreturn function select(s, memo) { ${body} }`, {
    jsonText,
    own,
    read,
  })
}

/** The field beside `__typename`, where there is just one and it is a leaf. */
function onlyKey(fields: readonly QueryPlanFieldNode[]): string | null {
  const [key, ...more] = fields.filter((field) => getResponseName(field) !== '__typename')
  return key && more.length === 0 && !key.selections ? getResponseName(key) : null
}

function memoized(key: string, body: string, functions: string[]): string {
  const name = `f${functions.length}`
  functions.push(`function ${name}(s) ${body}`)
  const value = property('s', key)
  return `{ let t = memo.get(${value}); if (t === undefined) { t = ${name}(s); memo.set(${value}, t) } return t }`
}

/**
 * Statements that return an object's text, or `missing` when one of the fields was not fetched.
 * @param typename where it is known already.
 */
function objectBody(
  fields: QueryPlanFieldNode[],
  functions: string[],
  missing: string,
  typename?: string,
): string {
  const names = fields.map(getResponseName)
  const checks = names.map((name) => `${property('s', name)} === undefined`).join(' || ')
  const parts = fields.map((field, index) => {
    const name = getResponseName(field)
    const key = JSON.stringify(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    if (name === '__typename' && typename !== undefined)
      return `${key} + ${JSON.stringify(JSON.stringify(typename))}`
    return `${key} + ${valueExpression(field, property('s', name), functions)}`
  })
  return `{ return ${checks} ? ${missing} : ${parts.join(' + ')} + '}' }`
}

function valueExpression({ selections }: QueryPlanFieldNode, source: string, functions: string[]): string {
  if (!selections) return `jsonText(${source})`
  const fields = fieldsOf(selections) ?? []
  const name = `f${functions.length}`
  functions.push('') // keeps the number while the fields below take theirs
  functions[Number(name.slice(1))] = `function ${name}(s) {
  if (s === null || typeof s !== 'object') return 'null'
  if (Array.isArray(s)) return '[' + s.map(${name}).join(',') + ']'
  ${objectBody(fields, functions, "'null'")}
}`
  return `${name}(${source})`
}

/** The selections, where all are fields of different names, at every depth; otherwise null. */
function fieldsOf(selections: readonly QueryPlanSelectionNode[]): QueryPlanFieldNode[] | null {
  const fields = selections.filter((selection) => selection.kind === 'Field')
  const names = new Set(fields.map(getResponseName))
  const isPlain =
    fields.length > 0 &&
    fields.length === selections.length &&
    fields.length === names.size &&
    fields.every(({ selections }) => !selections || fieldsOf(selections))
  return isPlain ? fields : null
}

/** Every value of `__typename` to which one of the fragments applies. */
function typeNames(requires: readonly QueryPlanSelectionNode[], schema: GraphQLSchema): string[] {
  const fragments = requires.filter((selection) => selection.kind === 'InlineFragment')
  const names = Object.values(schema.getTypeMap())
    .filter(isCompositeType)
    .map(({ name }) => name)
  return names.filter((name) => fragments.some((fragment) => isMatch(schema, name, fragment)))
}

/** A fragment without a condition is passed over, as the reference does. */
const isMatch = (
  schema: GraphQLSchema,
  name: string,
  { typeCondition }: QueryPlanInlineFragmentNode,
): boolean => typeCondition !== undefined && isOfType(schema, name, typeCondition)

/** Reads what a fetch requires from an entity, for every form of it; null when a field was not fetched. */
function readRepresentation(
  schema: GraphQLSchema,
  source: Tree | null,
  selections: readonly QueryPlanSelectionNode[],
): Tree | null {
  if (source === null) return null
  const result: Tree = {}
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') {
      if (!selection.typeCondition || !hasType(schema, source, selection.typeCondition)) continue
      mergeInto(result, readRepresentation(schema, source, selection.selections))
      continue
    }
    const name = getResponseName(selection)
    if (!Object.hasOwn(source, name) || source[name] === undefined) return null
    const value = source[name]
    const { selections: inner } = selection
    if (!inner) result[name] = value
    else result[name] = readValue(schema, value, inner)
  }
  return result
}

/** Lists may have lists in them. */
function readValue(
  schema: GraphQLSchema,
  value: unknown,
  selections: readonly QueryPlanSelectionNode[],
): unknown {
  return Array.isArray(value)
    ? value.map((item) => readValue(schema, item, selections))
    : readRepresentation(schema, value as Tree | null, selections)
}

const hasType = (schema: GraphQLSchema, { __typename: name }: Tree, condition: string): boolean =>
  Boolean(name) && isOfType(schema, name as string, condition)

/**
 * Under which type an entity is asked for: a subgraph with an interface object knows all implementations by the interface.
 * @throws NotCompilable for a rewrite that does more than that.
 */
function compileRename(
  rewrites: readonly FetchDataRewrite[],
  schema: GraphQLSchema,
): (typename: string) => string {
  const renames = rewrites.map((rewrite) => {
    const [condition = '', field, ...more] = rewrite.path
    const [, name] = /^\.\.\. on (\w+)$/.exec(condition) ?? []
    const to: unknown = rewrite.kind === 'ValueSetter' ? rewrite.setValueTo : null
    if (!name || field !== '__typename' || more.length > 0 || typeof to !== 'string')
      throw new NotCompilable('rewrites')
    return { name, to }
  })
  return (typename) =>
    renames.reduce((current, { name, to }) => (isOfType(schema, current, name) ? to : current), typename)
}
