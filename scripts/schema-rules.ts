import type { DirectiveNode, DocumentNode, FieldDefinitionNode, StringValueNode, TypeNode } from 'graphql'
import { Kind, parse, visit } from 'graphql'

interface Sdl {
  readonly name: string
  readonly document: DocumentNode
}

const OPERATION_TYPES = new Set(['Query', 'Mutation', 'Subscription'])

/** What our own schemas must hold to, beyond what composition asks. Each problem is one readable line. */
export function ruleViolations(sources: readonly Sdl[]): string[] {
  return [
    ...undescribed(sources),
    ...sources.flatMap(argumentsInRequires),
    ...sources.flatMap(listsWithoutSize),
  ]
}

/** Everything a client can see has a description, in one of the subgraphs that define it. */
function undescribed(sources: readonly Sdl[]): string[] {
  const described = new Set<string>()
  const firstSeen = new Map<string, string>()
  for (const { name, document } of sources) {
    for (const { coordinate, hasDescription } of coordinates(document)) {
      if (hasDescription) described.add(coordinate)
      if (!firstSeen.has(coordinate)) firstSeen.set(coordinate, name)
    }
  }
  const missing = [...firstSeen].filter(([coordinate]) => !described.has(coordinate))
  return missing.map(([coordinate, name]) => `schema/${name}.graphql: ${coordinate} has no description`)
}

interface Coordinate {
  readonly coordinate: string
  readonly hasDescription: boolean
}

function coordinates(document: DocumentNode): Coordinate[] {
  const found: Coordinate[] = []
  const add = (coordinate: string, node: { description?: StringValueNode }) =>
    found.push({ coordinate, hasDescription: Boolean(node.description?.value.trim()) })
  for (const node of document.definitions) {
    if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) continue
    if (!('name' in node) || !node.name) continue
    const owner = node.kind === Kind.DIRECTIVE_DEFINITION ? `@${node.name.value}` : node.name.value
    const isExtension = node.kind.endsWith('Extension')
    if (!isExtension && !OPERATION_TYPES.has(owner)) add(owner, node as { description?: StringValueNode })
    if ('arguments' in node)
      for (const argument of node.arguments ?? []) add(`${owner}(${argument.name.value}:)`, argument)
    if ('values' in node) for (const value of node.values ?? []) add(`${owner}.${value.name.value}`, value)
    if ('fields' in node) {
      for (const field of node.fields ?? []) {
        const coordinate = `${owner}.${field.name.value}`
        add(coordinate, field)
        if ('arguments' in field) {
          for (const argument of field.arguments ?? [])
            add(`${coordinate}(${argument.name.value}:)`, argument)
        }
      }
    }
  }
  return found
}

/** The planner mixes up the arguments of a client's field with those of the same field in a @requires. */
function argumentsInRequires({ name, document }: Sdl): string[] {
  const problems: string[] = []
  visit(document, {
    Directive(directive) {
      if (directive.name.value !== 'requires') return
      const fields = selection(directive)
      if (hasArguments(fields))
        problems.push(`schema/${name}.graphql: @requires(fields: "${fields}") uses arguments`)
    },
  })
  return problems
}

function selection(directive: DirectiveNode): string {
  const argument = directive.arguments?.find((candidate) => candidate.name.value === 'fields')
  return argument?.value.kind === Kind.STRING ? argument.value.value : ''
}

function hasArguments(fields: string): boolean {
  let found = false
  visit(parse(`{ ${fields} }`), {
    Field(field) {
      if (field.arguments?.length) found = true
    },
  })
  return found
}

/**
 * The router weighs an operation by how long its lists can be. A connection's edges are as long as its page; every other list that a
 * client can see has to say it.
 */
function listsWithoutSize({ name, document }: Sdl): string[] {
  const problems: string[] = []
  for (const type of document.definitions) {
    if (!('fields' in type) || type.kind.startsWith('Input') || has(type, 'inaccessible')) continue
    const fields = (type.fields ?? []) as readonly FieldDefinitionNode[]
    const isConnection = fields.some((field) => field.name.value === 'pageInfo')
    for (const field of fields) {
      const isStated = has(field, 'listSize') || (isConnection && field.name.value === 'edges')
      if (isStated || has(field, 'inaccessible') || !isList(field.type)) continue
      problems.push(
        `schema/${name}.graphql: ${type.name.value}.${field.name.value} is a list without @listSize, which says how long it can be`,
      )
    }
  }
  return problems
}

const has = (
  { directives = [] }: { directives?: readonly DirectiveNode[] | undefined },
  name: string,
): boolean => directives.some((directive) => directive.name.value === name)

function isList(type: TypeNode): boolean {
  return type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isList(type.type))
}
