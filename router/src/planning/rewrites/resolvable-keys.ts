import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql'

/**
 * Puts keys that can be resolved before those that cannot: coming back to a subgraph with what a field of it requires, the
 * planner takes the first key in sight. The order of keys means nothing else.
 */
export function resolvableFirst(supergraph: DocumentNode): DocumentNode {
  return {
    ...supergraph,
    definitions: supergraph.definitions.map((definition) =>
      (definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
        definition.kind === Kind.INTERFACE_TYPE_DEFINITION) &&
      definition.directives?.some(isUnresolvable)
        ? {
            ...definition,
            directives: definition.directives.toSorted((a, b) => +isUnresolvable(a) - +isUnresolvable(b)),
          }
        : definition,
    ),
  }
}

const isUnresolvable = ({ name, arguments: given = [] }: ConstDirectiveNode): boolean =>
  name.value === 'join__type' &&
  given.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value)
