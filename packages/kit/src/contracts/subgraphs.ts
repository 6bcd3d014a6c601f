/** The four subgraphs, in the order in which ports are given out and schemas are composed. */
export const SUBGRAPHS = ['user', 'event', 'ticket', 'booking'] as const

export type SubgraphName = (typeof SUBGRAPHS)[number]

/** A process of the system, as it names itself in its service tokens. */
export type ServiceName = SubgraphName | 'router'
