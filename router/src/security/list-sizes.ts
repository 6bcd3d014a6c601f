import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  valueFromASTUntyped,
} from 'graphql'

/** How long a list may be, as `@listSize` says it. */
export interface ListSize {
  /** What it is weighed with where no argument says how long it is. */
  assumedSize: number | undefined
  /** Arguments that say how long it is; of several, the largest counts. */
  slicingArguments: string[]
  /** Fields of the object that is given which are as long as that; for a connection its edges. */
  sizedFields: string[] | undefined
}

/** What the schemas say of the cost of their fields, by coordinate (`Event.ticketTypes`, `Ticket`, `Query.events(filter:)`). */
export interface Costs {
  listSizes: ReadonlyMap<string, ListSize>
  /** In fields of ordinary cost. */
  weights: ReadonlyMap<string, number>
}

/** The cost specification, whose directives a supergraph may have imported under other names. */
const SPEC = 'https://specs.apollo.dev/cost/'

/** Reads `@cost` and `@listSize` (https://specs.apollo.dev/cost/v0.1) in a composed supergraph. */
export function readCosts(supergraph: DocumentNode): Costs {
  const names = localNames(supergraph)
  const listSizes = new Map<string, ListSize>()
  const weights = new Map<string, number>()

  function read(coordinate: string, directives: readonly ConstDirectiveNode[] = []): void {
    for (const directive of directives) {
      const given = argumentsOf(directive)
      if (directive.name.value === names.cost && typeof given.weight === 'number')
        weights.set(coordinate, given.weight)
      if (directive.name.value !== names.listSize) continue
      listSizes.set(coordinate, {
        assumedSize: typeof given.assumedSize === 'number' ? given.assumedSize : undefined,
        slicingArguments: Array.isArray(given.slicingArguments) ? given.slicingArguments.map(String) : [],
        sizedFields: Array.isArray(given.sizedFields) ? given.sizedFields.map(String) : undefined,
      })
    }
  }

  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name || !('directives' in definition)) continue
    const type = definition.name.value
    read(type, definition.directives as readonly ConstDirectiveNode[])
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue
    for (const field of definition.fields ?? []) readField(type, field)
  }
  return { listSizes, weights }

  function readField(type: string, field: FieldDefinitionNode): void {
    const coordinate = `${type}.${field.name.value}`
    read(coordinate, field.directives)
    for (const argument of field.arguments ?? [])
      read(`${coordinate}(${argument.name.value}:)`, argument.directives)
  }
}

function localNames(supergraph: DocumentNode): { cost?: string; listSize?: string } {
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const directive of definition.directives ?? []) {
      const link = argumentsOf(directive)
      if (directive.name.value !== 'link' || !String(link.url).startsWith(SPEC)) continue
      const prefix = typeof link.as === 'string' ? link.as : 'cost'
      const imported = new Map(
        (Array.isArray(link.import) ? link.import : []).map((entry): [string, string] =>
          typeof entry === 'string'
            ? [entry, entry]
            : [String(entry?.name), String(entry?.as ?? entry?.name)],
        ),
      )
      // The directive that is named like its specification has that name without being imported.
      return {
        cost: (imported.get('@cost') ?? `@${prefix}`).slice(1),
        listSize: (imported.get('@listSize') ?? `@${prefix}__listSize`).slice(1),
      }
    }
  }
  return {}
}

const argumentsOf = (directive: ConstDirectiveNode): Record<string, unknown> =>
  Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  )
