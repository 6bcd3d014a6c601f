import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  valueFromASTUntyped,
  visit,
} from 'graphql'

/** One condition that a viewer must meet. */
export type Check =
  | { kind: 'authenticated' }
  /** All scopes of any one of the lists. */
  | { kind: 'scopes'; anyOf: string[][] }
  /** No policy is known to this router, so none is ever met. */
  | { kind: 'policy' }

/** Checks by type name (`User`) and by field (`User.email`). */
export type AccessRules = Map<string, Check[]>

type Feature = 'authenticated' | 'requiresScopes' | 'policy'

const FEATURES: Feature[] = ['authenticated', 'requiresScopes', 'policy']
const SPEC = /^https:\/\/specs\.apollo\.dev\/(\w+)\/(v\d+\.\d+)$/

/**
 * Takes the three access directives out of a supergraph, and returns what they demand.
 * The gateway's libraries refuse a supergraph with them because they would not enforce them; what is taken out here must be
 * enforced by the rules that are returned. Whatever is not understood to the last argument is refused.
 */
export function extractAccessRules(supergraph: DocumentNode): { rules: AccessRules; document: DocumentNode } {
  const names = localNames(supergraph)
  const rules: AccessRules = new Map()
  let understood = 0

  function read(coordinate: string, directives: readonly ConstDirectiveNode[] = []): void {
    for (const directive of directives) {
      const feature = names.get(directive.name.value)
      if (!feature) continue
      understood++
      rules.set(coordinate, [...(rules.get(coordinate) ?? []), readCheck(feature, directive, coordinate)])
    }
  }

  for (const definition of supergraph.definitions) {
    if (!isRestrictable(definition)) continue
    read(definition.name.value, definition.directives)
    if (!('fields' in definition)) continue
    for (const field of definition.fields ?? [])
      read(`${definition.name.value}.${field.name.value}`, field.directives)
  }

  if (understood !== countUses(supergraph, names)) {
    throw new Error('The supergraph has an access directive in a place where this router cannot enforce it.')
  }
  return { rules, document: strip(supergraph, names) }
}

/** Directive name in this supergraph → feature; a feature may have been imported under another name. */
function localNames(supergraph: DocumentNode): Map<string, Feature> {
  const names = new Map<string, Feature>()
  for (const link of linksOf(supergraph)) {
    const [, feature, version] = SPEC.exec(String(link.url)) ?? []
    if (!isFeature(feature)) continue
    if (version !== 'v0.1')
      throw new Error(`The supergraph uses @${feature} ${version}; this router knows v0.1.`)
    names.set(localName(feature, link), feature)
  }
  const defined = supergraph.definitions.filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION)
  for (const feature of FEATURES) {
    const orphan = !names.has(feature) && defined.some(({ name }) => name.value === feature)
    if (orphan || (!names.has(feature) && countUses(supergraph, new Map([[feature, feature]])) > 0)) {
      throw new Error(`The supergraph uses @${feature} without a @link to its specification.`)
    }
  }
  return names
}

function linksOf(supergraph: DocumentNode): Record<string, unknown>[] {
  return supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? []).filter(({ name }) => name.value === 'link').map(argumentsOf)
      : [],
  )
}

function localName(feature: Feature, link: Record<string, unknown>): string {
  for (const entry of Array.isArray(link.import) ? link.import : []) {
    if (entry === `@${feature}`) return feature
    if (entry?.name === `@${feature}` && typeof entry.as === 'string') return entry.as.replace(/^@/, '')
  }
  return typeof link.as === 'string' ? link.as : feature
}

function readCheck(feature: Feature, directive: DirectiveNode, coordinate: string): Check {
  const { scopes, policies, ...others } = argumentsOf(directive)
  const known = Object.keys(others).length === 0
  if (known && feature === 'authenticated' && !scopes && !policies) return { kind: 'authenticated' }
  if (known && feature === 'requiresScopes' && !policies && isAnyOf(scopes))
    return { kind: 'scopes', anyOf: scopes }
  if (known && feature === 'policy' && !scopes && isAnyOf(policies)) return { kind: 'policy' }
  throw new Error(
    `The supergraph uses @${directive.name.value} on ${coordinate} in a way that this router does not know.`,
  )
}

/** An empty list would be met by everybody, which nobody can have meant. */
const isAnyOf = (value: unknown): value is string[][] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((all) => Array.isArray(all) && all.length > 0 && all.every((one) => typeof one === 'string'))

const isFeature = (name: string | undefined): name is Feature => FEATURES.includes(name as Feature)

const argumentsOf = (directive: DirectiveNode): Record<string, unknown> =>
  Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  )

function isRestrictable(definition: DefinitionNode) {
  return (
    definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    definition.kind === Kind.SCALAR_TYPE_DEFINITION ||
    definition.kind === Kind.ENUM_TYPE_DEFINITION
  )
}

function countUses(document: DocumentNode, names: Map<string, Feature>): number {
  let uses = 0
  visit(document, {
    Directive({ name }) {
      if (names.has(name.value)) uses++
    },
  })
  return uses
}

/** Uses, definitions, links and the scalars of the features: none of them is part of the API. */
function strip(document: DocumentNode, names: Map<string, Feature>): DocumentNode {
  return visit(document, {
    Directive(node) {
      if (names.has(node.name.value)) return null
      const [, feature] = (node.name.value === 'link' && SPEC.exec(String(argumentsOf(node).url))) || []
      return isFeature(feature) ? null : undefined
    },
    DirectiveDefinition: ({ name }) => (names.has(name.value) ? null : undefined),
    ScalarTypeDefinition: ({ name }) => (names.has(name.value.split('__')[0] as string) ? null : undefined),
  })
}
