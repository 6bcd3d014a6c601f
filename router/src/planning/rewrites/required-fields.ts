import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type TypeNode,
} from 'graphql'
import { requiredName } from '../../internal-names.ts'

/** Fields with arguments that are required, by the internal name that stands for each. */
export type RequiredFields = Map<string, Pick<FieldNode, 'name' | 'arguments'>>

/** What a field requires, by `subgraph Type.field`: names of `RequiredFields`, with the path that leads there. */
export type Requirements = Map<string, Requirement[]>

export interface Requirement {
  /** Field names from the entity down to, and without, the field itself. */
  parent: string
  name: string
}

type FieldsDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode

/**
 * Gives every field with arguments that some `@requires` selects an internal name there, without arguments. The planner holds
 * one field name on one object for one value: it would fetch the field once, with the arguments of the client or of either
 * requirement, and use that for all of them. `restoreRequiredNames` restores the real names in the plan.
 * @param supergraph as composed.
 */
export function separateRequired(supergraph: DocumentNode): {
  document: DocumentNode
  fields: RequiredFields
  requirements: Requirements
} {
  const types = new Map<string, FieldsDefinition>()
  for (const definition of supergraph.definitions) {
    if (hasFields(definition)) types.set(definition.name.value, definition)
  }
  const graphs = graphNames(supergraph)
  const known = new Map<string, string>()
  const fields: RequiredFields = new Map()
  const requirements: Requirements = new Map()
  /** Names to add, with the field each stands for, by type. */
  const added = new Map<string, Map<string, string>>()

  const rewritten = supergraph.definitions.map((definition) =>
    hasFields(definition)
      ? { ...definition, fields: definition.fields?.map((field) => withSeparated(definition, field)) }
      : definition,
  )
  if (fields.size === 0) return { document: supergraph, fields, requirements }
  const definitions = rewritten.map((definition) =>
    hasFields(definition) ? withAdded(definition) : definition,
  )
  return { document: { ...supergraph, definitions }, fields, requirements }

  function withSeparated(type: FieldsDefinition, field: FieldDefinitionNode): FieldDefinitionNode {
    return {
      ...field,
      directives: field.directives?.map((directive) => {
        const requires = argument(directive, 'requires')
        if (directive.name.value !== 'join__field' || requires === undefined) return directive
        const found: Requirement[] = []
        const selections = separate(selectionsOf(requires), type.name.value, '', found)
        if (found.length === 0) return directive
        const graph = graphs.get(argument(directive, 'graph') ?? '')
        requirements.set(`${graph} ${type.name.value}.${field.name.value}`, found)
        return withArgument(directive, 'requires', stripIgnoredCharacters(print(selections)).slice(1, -1))
      }),
    }
  }

  function separate(
    set: SelectionSetNode,
    typeName: string,
    parent: string,
    found: Requirement[],
  ): SelectionSetNode {
    const selections = set.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition?.name.value ?? typeName
        return { ...selection, selectionSet: separate(selection.selectionSet, type, parent, found) }
      }
      const definition = types.get(typeName)?.fields?.find(({ name }) => name.value === selection.name.value)
      if (!definition) return selection
      const takesArguments = (definition.arguments?.length ?? 0) > 0
      const name = takesArguments ? nameFor(typeName, selection) : selection.name.value
      if (takesArguments) found.push({ parent, name })
      return {
        ...selection,
        name: { kind: Kind.NAME, value: name } as const,
        arguments: [],
        ...(selection.selectionSet && {
          selectionSet: separate(selection.selectionSet, named(definition.type), `${parent}.${name}`, found),
        }),
      }
    })
    return { ...set, selections }
  }

  /** The same field with the same arguments has the same name everywhere, so that one fetch serves all who require it. */
  function nameFor(typeName: string, { name, arguments: given = [] }: FieldNode): string {
    const identity = print({ kind: Kind.FIELD, name, arguments: given })
    const separated = known.get(identity) ?? requiredName(known.size, name.value)
    known.set(identity, separated)
    fields.set(separated, { name, arguments: given })
    for (const type of [typeName, ...implementations(typeName)]) {
      added.set(type, (added.get(type) ?? new Map<string, string>()).set(separated, name.value))
    }
    return separated
  }

  function implementations(typeName: string): string[] {
    return [...types.values()]
      .filter(({ interfaces }) => interfaces?.some(({ name }) => name.value === typeName))
      .map(({ name }) => name.value)
  }

  /** Each added field is wherever the field is that it stands for, under the same conditions. */
  function withAdded(type: FieldsDefinition): FieldsDefinition {
    const copies = [...(added.get(type.name.value) ?? [])].flatMap(([value, original]) => {
      const field = type.fields?.find(({ name }) => name.value === original)
      return field ? [{ ...field, name: { kind: Kind.NAME, value } as const, arguments: [] }] : []
    })
    return copies.length > 0 ? { ...type, fields: [...(type.fields ?? []), ...copies] } : type
  }
}

/**
 * Puts keys that can be resolved before those that cannot: coming back to a subgraph with what a field of it requires, the
 * planner takes the first key that it finds. The order of keys means nothing else.
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

/** Value of `join__Graph` → name of the subgraph. */
function graphNames(supergraph: DocumentNode): Map<string, string> {
  const graphs = supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph'
      ? (definition.values ?? [])
      : [],
  )
  return new Map(
    graphs.map(({ name, directives = [] }) => {
      const graph = directives.find((directive) => directive.name.value === 'join__graph')
      return [name.value, (graph && argument(graph, 'name')) ?? name.value]
    }),
  )
}

const hasFields = (definition: { kind: Kind }): definition is FieldsDefinition =>
  definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION

function argument({ arguments: given = [] }: ConstDirectiveNode, name: string): string | undefined {
  const value = given.find((one) => one.name.value === name)?.value
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
}

const withArgument = (directive: ConstDirectiveNode, name: string, value: string): ConstDirectiveNode => ({
  ...directive,
  arguments: directive.arguments?.map((one) =>
    one.name.value === name ? { ...one, value: { kind: Kind.STRING, value } as const } : one,
  ),
})

function selectionsOf(fieldSet: string): SelectionSetNode {
  const [operation] = parse(`{${fieldSet}}`, { noLocation: true }).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operation.operation !== OperationTypeNode.QUERY)
    throw new Error(`The supergraph requires "${fieldSet}", which is no field set.`)
  return operation.selectionSet
}

const named = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type))

const isUnresolvable = ({ name, arguments: given = [] }: ConstDirectiveNode): boolean =>
  name.value === 'join__type' &&
  given.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value)
