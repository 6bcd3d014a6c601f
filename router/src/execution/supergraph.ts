import { type Schema, Supergraph as FederationSupergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type AccessRules, extractAccessRules } from '../security/access-rules.ts'
import type { PreparedOperation } from './prepare.ts'

/**
 * One version of the supergraph with everything derived from it. It never changes: a reload makes a new one, and what
 * began on the old one ends on it.
 */
export interface Supergraph {
  sdl: string
  /** What clients see. */
  apiSchema: GraphQLSchema
  rules: AccessRules
  planner: QueryPlanner
  /** Inputs of the plan executor. */
  federation: { apiSchema: Schema; supergraphSchema: GraphQLSchema }
  /** The schema of each subgraph on its own. */
  subgraphs: Map<string, Schema>
  /** Valid documents by their text. */
  documents: LRUCache<string, DocumentNode>
  /** What has been prepared against this version, by document; it goes when the documents or this version go. */
  prepared: WeakMap<DocumentNode, Map<string, PreparedOperation>>
}

/**
 * Builds all of it, or nothing.
 * @param known names of the subgraphs that this router can reach.
 * @throws Error for an SDL that is not a supergraph, names another subgraph, or demands what would not be enforced.
 */
export function buildSupergraph(sdl: string, known: string[]): Supergraph {
  const { rules, document } = extractAccessRules(parse(sdl, { noLocation: true }))
  const federation = FederationSupergraph.build(document)
  const unknown = federation.subgraphsMetadata().filter(({ name }) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`No address is set for the subgraph ${unknown.map(({ name }) => name).join(', ')}.`)

  const apiSchema = federation.apiSchema()
  return {
    sdl,
    apiSchema: apiSchema.toGraphQLJSSchema(),
    rules,
    planner: new QueryPlanner(federation),
    federation: { apiSchema, supergraphSchema: federation.schema.toGraphQLJSSchema() },
    subgraphs: new Map(
      federation
        .subgraphs()
        .values()
        .map(({ name, schema }) => [name, schema]),
    ),
    documents: new LRUCache({ max: 1_000 }),
    prepared: new WeakMap(),
  }
}
