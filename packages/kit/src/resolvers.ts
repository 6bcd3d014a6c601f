import {
  GraphQLEnumType,
  GraphQLInterfaceType,
  GraphQLObjectType,
  type GraphQLSchema,
  isScalarType,
} from 'graphql'

/** Resolvers by type and field, or a scalar by its name. */
type ResolverMap = Record<string, unknown>

/**
 * Makes one map of the parts into which a subgraph's resolvers are divided, type by type.
 * @throws Error when two parts give the same field or the same scalar: one of them would never be asked.
 */
export function joinResolvers<Resolvers extends object>(...parts: Resolvers[]): Resolvers {
  const joined: ResolverMap = {}
  for (const part of parts) {
    for (const [type, given] of Object.entries(part as ResolverMap)) {
      const known = joined[type]
      if (known === undefined) {
        joined[type] = isScalarType(given) ? given : { ...(given as object) }
        continue
      }
      if (isScalarType(known) || isScalarType(given)) throw new Error(`Two parts give resolvers of ${type}.`)
      for (const [field, resolver] of Object.entries(given as object)) {
        if (field in (known as object)) throw new Error(`Two parts give a resolver of ${type}.${field}.`)
        Object.assign(known as object, { [field]: resolver })
      }
    }
  }
  return joined as Resolvers
}

/** Fields that federation adds to Query and answers by itself. */
const FEDERATION_FIELDS = new Set(['_service', '_entities'])

/**
 * Holds resolvers against the schema that they are for.
 * @throws Error with a line for each root field without a resolver, which would always be null, and for each resolver
 *   without a field, which nobody could ask.
 */
export function checkResolvers(schema: GraphQLSchema, resolvers: object): void {
  const given = resolvers as Record<string, Record<string, unknown> | undefined>
  const problems: string[] = []
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const root of roots.filter((type) => type != null)) {
    const known = given[root.name]
    for (const field of Object.keys(root.getFields())) {
      if (FEDERATION_FIELDS.has(field) || known?.[field] != null) continue
      problems.push(`${root.name}.${field} has no resolver.`)
    }
  }
  for (const [name, fields = {}] of Object.entries(given)) {
    const type = schema.getType(name)
    if (!type) problems.push(`There are resolvers of ${name}, which is no type of the schema.`)
    if (type instanceof GraphQLObjectType || type instanceof GraphQLInterfaceType) {
      for (const field of Object.keys(fields)) {
        if (field.startsWith('__') || field in type.getFields()) continue
        problems.push(`There is a resolver of ${name}.${field}, which is no field of the schema.`)
      }
    }
    if (type instanceof GraphQLEnumType) {
      for (const value of Object.keys(fields)) {
        if (!type.getValue(value)) problems.push(`${name}.${value} is no value of the schema.`)
      }
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
