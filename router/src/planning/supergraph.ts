import { type Schema, Supergraph as FederationSupergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, parse, visit } from 'graphql'
import { type AccessRules, extractAccessRules } from '../security/access-rules.ts'
import { type Costs, readCosts } from '../security/list-sizes.ts'
import { createDocuments, type Documents } from './documents.ts'
import { MAX_WAYS } from './nesting.ts'
import { type InterfaceObjects, interfaceObjects } from './rewrites/interface-objects.ts'
import { resolvableFirst, separateRequired } from './rewrites/required-fields.ts'
import { refuseUnsupported } from './unsupported.ts'

/** Plans that are compared at most: the planner's own bound. */
const MOST_PLANS = 10_000

/**
 * One version of the supergraph with everything derived from it. It never changes: a reload makes a new one, and what
 * began on the old one ends on it.
 */
export interface Supergraph {
  sdl: string
  /** What clients see. */
  apiSchema: GraphQLSchema
  rules: AccessRules
  costs: Costs
  planners: Planners
  /** Fields under internal names in the planner's schemas, which clients do not know. */
  required: Omit<ReturnType<typeof separateRequired>, 'document'>
  interfaceObjects: InterfaceObjects
  /** Names of the fields of all types, whoever may see them. */
  fieldNames: ReadonlySet<string>
  /** Inputs of planner and executor. */
  federation: { apiSchema: Schema; supergraphSchema: GraphQLSchema }
  /** The schema of each subgraph on its own. */
  subgraphs: Map<string, Schema>
  /** URL of each subgraph's GraphQL endpoint, by name. */
  endpoints: Map<string, string>
  documents: Documents
}

/** Planners of one supergraph. Only the one that nearly all operations need is made at once. */
export interface Planners {
  /** Finds the cheapest plan. */
  cheapest(defers: boolean): QueryPlanner
  /** Takes the first plan: it is right, too, and there is one where the planner fails over another, which it would compare. */
  first(defers: boolean): QueryPlanner
}

/** Where a subgraph is served; null when it cannot be reached. @param given what the supergraph says. */
export type Locate = (name: string, given: string) => string | null

/**
 * Builds all of it, or nothing.
 * @throws Error for an SDL that is not a supergraph, names a subgraph out of reach, or demands what would not be enforced.
 */
export function buildSupergraph(sdl: string, locate: Locate): Supergraph {
  const parsed = parse(sdl, { noLocation: true })
  refuseUnsupported(parsed)
  const { rules, document } = extractAccessRules(parsed)
  const composed = FederationSupergraph.build(resolvableFirst(document))
  composed.subgraphs() // checks them as well
  const required = separateRequired(resolvableFirst(document))
  // With internal names, external fields are left unused, which the check would not accept.
  const federation =
    required.fields.size > 0
      ? FederationSupergraph.build(required.document, { validateSupergraph: false })
      : composed
  const endpoints = endpointsOf(federation, locate)

  const planners = { cheapest: plannersOf(federation, MOST_PLANS), first: plannersOf(federation, 1) }
  planners.cheapest(false)

  const apiSchema = federation.apiSchema()
  const subgraphs = new Map(
    federation
      .subgraphs()
      .values()
      .map(({ name, schema }) => [name, schema]),
  )
  return {
    sdl,
    apiSchema: composed.apiSchema().toGraphQLJSSchema({ includeDefer: true }),
    rules,
    costs: readCosts(parsed),
    planners,
    required,
    interfaceObjects: interfaceObjects(apiSchema, subgraphs),
    fieldNames: fieldNamesOf(required.document),
    federation: { apiSchema, supergraphSchema: federation.schema.toGraphQLJSSchema() },
    subgraphs,
    endpoints,
    documents: createDocuments(),
  }
}

function endpointsOf(federation: FederationSupergraph, locate: Locate): Map<string, string> {
  const located = federation
    .subgraphsMetadata()
    .map(({ name, url }) => ({ name, endpoint: locate(name, url) }))
  const lost = located.filter(({ endpoint }) => !endpoint || !URL.canParse(endpoint))
  if (lost.length > 0)
    throw new Error(`No address is set for the subgraph ${lost.map(({ name }) => name).join(', ')}.`)
  return new Map(located.map(({ name, endpoint }) => [name, String(endpoint)]))
}

function fieldNamesOf(document: DocumentNode): Set<string> {
  const names = new Set<string>()
  visit(document, { FieldDefinition: ({ name }) => void names.add(name.value) })
  return names
}

function plannersOf(federation: FederationSupergraph, maxEvaluatedPlans: number) {
  const make = (enableDefer: boolean) =>
    lazy(
      () =>
        new QueryPlanner(federation, {
          // Without named fragments in the fetches: what divides a fetch would leave one unused, or look past the variables in it.
          reuseQueryFragments: false,
          incrementalDelivery: { enableDefer },
          debug: { maxEvaluatedPlans, pathsLimit: MAX_WAYS },
        }),
    )
  const [inParts, whole] = [make(true), make(false)]
  return (defers: boolean): QueryPlanner => (defers ? inParts() : whole())
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
