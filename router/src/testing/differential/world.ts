import { composeServices } from '@apollo/composition'
import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals'
import { buildOperationContext } from '@apollo/gateway'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql'
import { type CompiledOperation, compileOperation } from '../../execution/compiled/compile.ts'
import {
  type InterfaceObjects,
  interfaceObjects,
  withoutInterfaceNames,
} from '../../planning/rewrites/interface-objects.ts'
import { SUBGRAPHS } from './subgraphs.ts'

/** The composed subgraphs and all that is derived from them. */
export interface World {
  subgraphs: string[]
  planner: QueryPlanner
  /** What clients see, in both forms. */
  apiSchema: Schema
  clientSchema: GraphQLSchema
  supergraphSchema: GraphQLSchema
  interfaceObjects: InterfaceObjects
}

export function createWorld(subgraphs: Record<string, string> = SUBGRAPHS): World {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    typeDefs: parse(sdl),
    url: `http://${name}`,
  }))
  const { supergraphSdl, errors } = composeServices(services)
  if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'))
  const supergraph = Supergraph.build(supergraphSdl)
  const apiSchema = supergraph.apiSchema()
  const schemas = supergraph
    .subgraphs()
    .values()
    .map(({ name, schema }) => [name, schema] as const)
  return {
    subgraphs: Object.keys(subgraphs),
    planner: new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans: 20, pathsLimit: 20 } }), // any plan will do
    apiSchema,
    clientSchema: apiSchema.toGraphQLJSSchema(),
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    interfaceObjects: interfaceObjects(apiSchema, new Map(schemas)),
  }
}

export const planOf = ({ planner, apiSchema, interfaceObjects }: World, document: DocumentNode): QueryPlan =>
  withoutInterfaceNames(planner.buildQueryPlan(operationFromDocument(apiSchema, document)), interfaceObjects)

/** Compiles an operation on what clients see. */
export const compileIn = (world: World, plan: QueryPlan, document: DocumentNode): CompiledOperation =>
  compileOperation({
    ...world,
    plan,
    context: buildOperationContext({ schema: world.clientSchema, operationDocument: document }),
  })

export function parseAndPlan(world: World, text: string): { document: DocumentNode; plan: QueryPlan } {
  const document = parse(text)
  return { document, plan: planOf(world, document) }
}
