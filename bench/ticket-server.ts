import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { ticketSettings } from '@karcis/ticket/env'
import { createTicketSubgraph } from '@karcis/ticket/server'
import { SECRET } from './event-on-sale.ts'
import { startTicketWorld } from './ticket-world.ts'

/**
 * The ticket subgraph alone, in this process.
 * @param undo what ends it all. @returns it, its Postgres, and what asks the subgraph as the router does.
 */
export async function startTicketServer(undo: AsyncDisposableStack) {
  const { postgres, env } = await startTicketWorld(undo)
  const settings = ticketSettings.parse({ ...env, PORT: 0, LOG_LEVEL: 'fatal' })
  const subgraph = undo.use(await createTicketSubgraph(settings))
  const api = createServiceClient(subgraph.url, createServiceTokens(SECRET, 'router').to('ticket'))
  return { postgres, subgraph, api }
}
