/** The four subgraphs, in the order in which ports are given out and schemas are composed. */
export const SUBGRAPHS = ['user', 'event', 'ticket', 'booking'] as const

export type SubgraphName = (typeof SUBGRAPHS)[number]

/** The setting that points a subgraph at a real Postgres server. */
export const databaseSetting = (name: SubgraphName): string => `${name.toUpperCase()}_DATABASE_URL`

/** The database that a subgraph owns on the embedded server. */
export const databaseName = (name: SubgraphName): string => `karcis_${name}`
