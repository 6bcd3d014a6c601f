import type { SubgraphName } from '@karcis/infra/subgraphs'

/** The migrated database that every test database of a subgraph is a copy of. */
export const templateName = (name: SubgraphName): string => `tpl_${name}`
