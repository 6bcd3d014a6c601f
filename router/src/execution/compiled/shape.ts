import {
  type CompositeType,
  type EnumType,
  type Field,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSubtype,
  type Operation,
  type OperationElement,
  type OutputType,
  possibleRuntimeTypes,
  type ScalarType,
  type Schema,
  type SelectionSet,
  typenameFieldName,
} from '@apollo/federation-internals'
import { NotCompilable } from './generate.ts'

/** A position in the response: what is there, and whether it may be null. */
export interface Slot {
  nonNull: boolean
  value: LeafShape | ListShape | ObjectShape
}

export interface LeafShape {
  kind: 'leaf'
  type: ScalarType | EnumType
}

export interface ListShape {
  kind: 'list'
  item: Slot
}

/** An object with all selections on it taken together: one list of members per set of runtime types that share it. */
export interface ObjectShape {
  kind: 'object'
  id: number
  cases: ObjectCase[]
}

export interface ObjectCase {
  /** Values of `__typename` in the data; undefined where it was not fetched. */
  typenames: (string | undefined)[]
  members: Member[]
}

/** In the order of the response. `name` is null where only the data can tell the type. */
export type Member =
  | { kind: 'typename'; key: string; name: string | null }
  | { kind: 'field'; key: string; slot: Slot }

/** One of the selection sets that meet in an object, and the type of the field it was written on. */
interface Visit {
  selections: SelectionSet
  declared: CompositeType
}

type Draft = { kind: 'typename'; name: string | null } | { kind: 'field'; type: OutputType; visits: Visit[] }

const MAX_OBJECTS = 2_000 // generated code for more costs more memory than it saves time

/**
 * Works out the shape of an operation's response, walking selections in the order of the
 * reference's post-processing, so that keys come out in the same order.
 * @throws NotCompilable
 */
export function shapeOf(operation: Operation): ObjectShape {
  const schema = operation.schema()
  const root = schema.schemaDefinition.rootType(operation.rootKind)
  if (!root) throw new NotCompilable(`no ${operation.rootKind} type`)
  const known = new Map<string, ObjectShape>()
  const ids = new Map<SelectionSet, number>()
  return objectOf([{ selections: operation.selectionSet, declared: root }])

  function objectOf(visits: Visit[]): ObjectShape {
    const key = visits.map(({ selections, declared }) => `${idOf(selections)} ${declared.name}`).join()
    const made = known.get(key)
    if (made) return made
    const shape: ObjectShape = { kind: 'object', id: known.size, cases: [] }
    known.set(key, shape)
    if (known.size > MAX_OBJECTS) throw new NotCompilable('too large')

    const byMembers = new Map<string, ObjectCase>()
    const [first] = visits as [Visit]
    // Nobody is asked for the type of what can only be one, as where an object narrows a field of its interface.
    const only = isObjectType(first.declared) ? first.declared : undefined
    for (const type of [undefined, ...possibleRuntimeTypes(first.declared)]) {
      const members = membersOf(visits, type ?? only)
      const same = JSON.stringify(members, (name, value: unknown) =>
        name === 'type' ? String(value) : idIfObject(value),
      )
      const known = byMembers.get(same)
      // An interface object is fetched under the name of its interface, where nothing depends on more.
      const names = type ? [type.name] : only ? [undefined] : [undefined, first.declared.name]
      if (known) known.typenames.push(...names)
      else byMembers.set(same, { typenames: names, members })
    }
    const cases = [...byMembers.values()]
    // Where types differ in what is asked of them, an object of no known type cannot be shown; graphql-js says so.
    const isTold = !only && new Set(cases.map(keysOf)).size > 1
    const isKnown = (name: string | undefined): boolean => name !== undefined && name !== first.declared.name
    for (const one of cases) if (isTold) one.typenames = one.typenames.filter(isKnown)
    shape.cases = cases.filter(({ typenames }) => typenames.length > 0)
    return shape
  }

  function membersOf(visits: Visit[], runtime: CompositeType | undefined): Member[] {
    const drafts = new Map<string, Draft>()
    const seen = new Set<string>()
    for (const { selections, declared } of visits) collect(selections, runtime ?? declared)
    return [...drafts].map(([key, draft]) =>
      draft.kind === 'typename'
        ? { ...draft, key }
        : { kind: 'field', key, slot: slotOf(draft.type, draft.visits) },
    )

    /** @param parent what a fragment's condition is held against where the data does not name its type. */
    function collect(selections: SelectionSet, parent: CompositeType): void {
      const visit = `${idOf(selections)} ${parent.name}`
      if (seen.has(visit)) return // else fragments that spread each other twice would double the work at every level
      seen.add(visit)
      for (const selection of selections.selections()) {
        if (isSkipped(selection.element)) continue
        if (selection.kind === 'FragmentSelection') {
          const { typeCondition } = selection.element
          if (typeCondition && !isSubtype(typeCondition, runtime ?? parent)) continue
          collect(selection.selectionSet, typeCondition ?? parent)
          continue
        }
        const field = selection.element
        const key = field.responseName()
        const draft = drafts.get(key)
        if (field.name === typenameFieldName) {
          const type = runtime ?? parent
          if (!draft) drafts.set(key, { kind: 'typename', name: isObjectType(type) ? type.name : null })
          continue
        }
        const type = definitionOf(field, runtime).type as OutputType
        const inner = selection.selectionSet && {
          selections: selection.selectionSet,
          declared: baseOf(type) as CompositeType,
        }
        if (draft?.kind === 'field') draft.visits.push(...(inner ? [inner] : []))
        else drafts.set(key, { kind: 'field', type, visits: inner ? [inner] : [] })
      }
    }
  }

  function slotOf(type: OutputType, visits: Visit[]): Slot {
    if (isNonNullType(type)) return { ...slotOf(type.ofType, visits), nonNull: true }
    if (isListType(type))
      return { nonNull: false, value: { kind: 'list', item: slotOf(type.ofType, visits) } }
    if (isCompositeType(type)) return { nonNull: false, value: objectOf(visits) }
    return { nonNull: false, value: { kind: 'leaf', type } }
  }

  function idOf(selections: SelectionSet): number {
    const id = ids.get(selections) ?? ids.size
    ids.set(selections, id)
    return id
  }
}

/**
 * The field as objects of a type have it: what an interface leaves open, whether it may be null for one, each of them decides. Where the
 * type is not known, none may be null that may not be for one of them; graphql-js has the last word.
 */
function definitionOf(field: Field, runtime: CompositeType | undefined): Field['definition'] {
  const { definition, name } = field
  if (runtime) return (isObjectType(runtime) && runtime.field(name)) || definition
  const { parent } = definition
  if (!isInterfaceType(parent) || isNonNullType(definition.type as OutputType)) return definition
  const known = parent.possibleRuntimeTypes().map((type) => type.field(name))
  return known.find((one) => one && isNonNullType(one.type as OutputType)) ?? definition
}

const keysOf = ({ members }: ObjectCase): string => members.map(({ key }) => key).join()

const idIfObject = (value: unknown): unknown =>
  (value as ObjectShape | null)?.kind === 'object' ? `object ${(value as ObjectShape).id}` : value

function baseOf(type: OutputType): OutputType {
  return isNonNullType(type) || isListType(type) ? baseOf(type.ofType) : type
}

/** Names of object types that clients may see. */
export const objectNames = (schema: Schema): Set<string> =>
  new Set(schema.objectTypes().map(({ name }) => name))

/** What selects nothing, where a selection set may not be empty: other conditions are decided before. */
const isSkipped = (element: OperationElement): boolean => element.hasAppliedDirective('skip')
