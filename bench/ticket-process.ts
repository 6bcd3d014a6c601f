import { freePort } from '@karcis/infra/setup'
import { createServiceClient, type ServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { SECRET } from './event-on-sale.ts'
import { type Child, startChild } from './router/child.ts'
import { startTicketWorld, type TicketWorld } from './ticket-world.ts'

/** The ticket subgraph as it runs in production: a process of its own. */
export interface TicketProcess extends Pick<TicketWorld, 'postgres' | 'redis'> {
  url: string
  process: Child
  /** Asks it as the router does. */
  api: ServiceClient
}

/** @param undo what ends it all. @param flags of Node, such as `--cpu-prof`. */
export async function startTicketProcess(
  undo: AsyncDisposableStack,
  flags: string[] = [],
): Promise<TicketProcess> {
  const { postgres, redis, env } = await startTicketWorld(undo)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const process = undo.use(
    await startChild(port, [...flags, 'subgraphs/ticket/src/main.ts'], {
      ...env,
      NODE_ENV: 'test', // the neighbours are no processes of the platform
      LOG_LEVEL: 'warn',
      PORT: String(port),
      DRAIN_SECONDS: '0',
    }),
  )
  await eventually(async () => {
    const { ok } = await fetch(`${url}/ready`)
    if (!ok) throw new Error('ticket is not ready')
  })
  const api = createServiceClient(url, createServiceTokens(SECRET, 'router').to('ticket'))
  return { url, process, postgres, redis, api }
}
