import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner'
import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql'
import { isInternalName, publicName } from '../../internal-names.ts'
import type { Requirement, Requirements } from './required-fields.ts'

/**
 * Splits a fetch of entities whose fields require one field with different arguments: a representation has room for one
 * value of it only. Each part asks for fields that agree, and carries only what these require.
 */
export function splitFetch(node: FetchNode, requirements: Requirements): FetchNode[] {
  if (!node.requires || !hasConflict(node.requires)) return [node]
  const document = parse(node.operation, { noLocation: true })
  const parts: Requirement[][] = []
  const partOf = new Map<SelectionNode, number>()
  visitFields(entitiesOf(document), '', (field, typeName) => {
    const required = requirements.get(`${node.serviceName} ${typeName}.${field.name.value}`) ?? []
    const fitting = parts.findIndex((part) => agree(part, required))
    const index = fitting < 0 ? parts.length : fitting
    parts[index] = [...(parts[index] ?? []), ...required]
    partOf.set(field, index)
  })
  return parts.map((part, index) => {
    const operation = onlyFields(document, (field) => (partOf.get(field) ?? index) === index)
    return {
      ...node,
      requires: onlyRequired(node.requires ?? [], '', part),
      operation: stripIgnoredCharacters(print(operation)),
      variableUsages: node.variableUsages?.filter((name) => usesVariable(operation, name)) ?? [],
    }
  })
}

const agree = (part: Requirement[], others: Requirement[]): boolean =>
  others.every((other) =>
    part.every(
      (one) =>
        one.parent !== other.parent ||
        one.name === other.name ||
        publicName(one.name) !== publicName(other.name),
    ),
  )

function hasConflict(selections: QueryPlanSelectionNode[]): boolean {
  const names = new Set<string>()
  return selections.some((selection) => {
    if (selection.kind === 'InlineFragment') return hasConflict(selection.selections)
    const name = publicName(selection.name)
    if (names.has(name)) return true
    names.add(name)
    return hasConflict(selection.selections ?? [])
  })
}

/** The selections on entities. */
function entitiesOf({ definitions }: DocumentNode): SelectionSetNode {
  const operation = definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )
  const [entities] = operation?.selectionSet.selections ?? []
  if (entities?.kind !== Kind.FIELD || !entities.selectionSet) throw new Error('not a fetch of entities')
  return entities.selectionSet
}

type Field = Extract<SelectionNode, { kind: Kind.FIELD }>

/** Fields on the entities themselves, each with the nearest type around it. */
function visitFields(
  { selections }: SelectionSetNode,
  typeName: string,
  onField: (field: Field, typeName: string) => void,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) onField(selection, typeName)
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      visitFields(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, onField)
    else throw new Error('fetches are planned without named fragments')
  }
}

function onlyFields(document: DocumentNode, includes: (field: Field) => boolean): DocumentNode {
  const selected = visit(document, {
    Field: (field) => (includes(field) ? undefined : null),
    InlineFragment: { leave: ({ selectionSet }) => (selectionSet.selections.length > 0 ? undefined : null) },
  })
  return visit(selected, {
    VariableDefinition: ({ variable }) => (usesVariable(selected, variable.name.value) ? undefined : null),
  })
}

/** Whether something that is selected has a variable of this name. */
export function usesVariable({ definitions }: DocumentNode, name: string): boolean {
  let uses = false
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    visit(definition.selectionSet, {
      Variable(variable) {
        uses ||= variable.name.value === name
      },
    })
  }
  return uses
}

function onlyRequired(
  selections: QueryPlanSelectionNode[],
  parent: string,
  part: Requirement[],
): QueryPlanSelectionNode[] {
  return selections.flatMap((selection): QueryPlanSelectionNode[] => {
    if (selection.kind === 'InlineFragment')
      return [{ ...selection, selections: onlyRequired(selection.selections, parent, part) }]
    const { name } = selection
    if (isInternalName(name) && !part.some((one) => one.parent === parent && one.name === name)) return []
    if (!selection.selections) return [selection]
    const below = onlyRequired(selection.selections, `${parent}.${name}`, part)
    return below.length > 0 ? [{ ...selection, selections: below }] : []
  })
}
