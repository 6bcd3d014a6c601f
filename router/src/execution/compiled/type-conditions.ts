import type { FetchDataRewrite } from '@apollo/query-planner'
import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'
import { NotCompilable } from './shape.ts'

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

/**
 * Under which type an entity is asked for: a subgraph with an interface object knows all implementations by the interface.
 * @throws NotCompilable for a rewrite that does more than that.
 */
export function compileRename(
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
