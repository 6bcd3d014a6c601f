import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

declare module 'vitest' {
  interface ProvidedContext {
    /** The `postgres` database of the server that this run started. */
    postgresUrl: string
    redisUrl: string
    /** Why a subgraph's template could not be migrated; only tests that ask for that one fail. */
    brokenTemplates: Partial<Record<SubgraphName, string>>
  }
}

/** The migrated database that every test database of a subgraph is a copy of. */
export const templateName = (name: SubgraphName): string => `tpl_${name}`
