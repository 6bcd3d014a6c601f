import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'

export { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'

/** The setting that points a subgraph at a real Postgres server. */
export const databaseSetting = (name: SubgraphName): string => `${name.toUpperCase()}_DATABASE_URL`

/** The database that a subgraph owns on the embedded server. */
export const databaseName = (name: SubgraphName): string => `karcis_${name}`
