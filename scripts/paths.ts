import { join } from 'node:path'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

/** The folder that everything else is relative to. */
export const ROOT = join(import.meta.dirname, '..')

/** A subgraph's public contract. */
export const sdlFile = (name: SubgraphName): string => join(ROOT, 'schema', `${name}.graphql`)

/** A subgraph's database schema. */
export const prismaFile = (name: SubgraphName): string => join(ROOT, 'prisma', name, 'schema.prisma')

/** Where a subgraph's generated code goes; never committed. */
export const generatedDirectory = (name: SubgraphName): string =>
  join(ROOT, 'subgraphs', name, 'src', 'generated')

/** The composed schema that the router loads. */
export const SUPERGRAPH = join(ROOT, 'schema', 'supergraph.graphql')

/** The web app's source, and what is generated into it; the latter never committed. */
export const WEB_SOURCE = join(ROOT, 'web/src')
export const WEB_GENERATED = join(WEB_SOURCE, 'generated')
