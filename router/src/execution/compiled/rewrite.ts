import type { FetchDataRewrite } from '@apollo/query-planner'
import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'
import { isPlainObject, mergeInto } from './merge.ts'

const TYPE_CONDITION = '... on '

/**
 * Rewrites what was fetched, before it is merged: fields that could not be asked for under one name get it back.
 */
export function rewriteData(
  data: unknown,
  rewrites: readonly FetchDataRewrite[],
  schema: GraphQLSchema,
): void {
  for (const rewrite of rewrites) apply(data, rewrite.path, rewrite, schema)
}

function apply(
  value: unknown,
  [step, ...rest]: readonly string[],
  rewrite: FetchDataRewrite,
  schema: GraphQLSchema,
): void {
  if (Array.isArray(value)) {
    for (const item of value) apply(item, [step as string, ...rest], rewrite, schema)
    return
  }
  if (!isPlainObject(value) || step === undefined) return
  if (step.startsWith(TYPE_CONDITION)) {
    const { __typename: name } = value
    if (typeof name !== 'string' || isOfType(schema, name, step.slice(TYPE_CONDITION.length)))
      apply(value, rest, rewrite, schema)
  } else if (rest.length > 0)
    apply(Object.hasOwn(value, step) ? value[step] : undefined, rest, rewrite, schema)
  else if (rewrite.kind === 'ValueSetter') value[step] = rewrite.setValueTo
  else if (Object.hasOwn(value, step)) {
    const { [step]: renamed } = value
    delete value[step]
    mergeInto(value, { [rewrite.renameKeyTo]: renamed }) // others of that name may be there
  }
}

/** Whether an object whose `__typename` is `name` meets a fragment's condition, as plans mean it. */
export function isOfType(schema: GraphQLSchema, name: string, condition: string): boolean {
  if (name === condition) return true
  const type = schema.getType(name)
  const abstract = schema.getType(condition)
  return (
    (isObjectType(type) || isInterfaceType(type)) &&
    isAbstractType(abstract) &&
    schema.isSubType(abstract, type)
  )
}
