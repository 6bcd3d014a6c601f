import type { Logger } from '@karcis/kit/log'
import type { ServiceTokens } from '@karcis/kit/service-token'
import type { SupergraphFile } from '../planning/supergraph-file.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { RouterLimits } from '../settings.ts'
import { createSubgraphClient, type SubgraphClient } from './client.ts'
import type { Peers } from './peers.ts'
import type { ResponseRoom } from './response-room.ts'
import { createUpstreamSocket, type UpstreamSocket } from './websocket.ts'

/** Connections to the subgraphs of every version of the supergraph so far, by name. */
export interface Subgraphs {
  services: Record<string, SubgraphClient>
  upstreams: Record<string, UpstreamSocket>
  close(): Promise<void>
}

/**
 * Follows the supergraph: a subgraph that is new, or has moved, is connected before anything is planned for it.
 * @param areOurs whether they are built with our kit, and so take batches of queries.
 */
export function connectSubgraphs(
  file: SupergraphFile,
  tokens: ServiceTokens,
  limits: RouterLimits,
  peers: Peers,
  room: ResponseRoom,
  log: Logger,
  areOurs: boolean,
): Subgraphs {
  const stack = new AsyncDisposableStack()
  const services: Subgraphs['services'] = {}
  const upstreams: Subgraphs['upstreams'] = {}
  const connected = new Map<string, string>()

  function connect({ endpoints }: Supergraph): void {
    for (const [name, endpoint] of endpoints) {
      if (connected.get(name) === endpoint) continue
      // What is under way at the old address ends there, so its connections stay open until all are closed.
      connected.set(name, endpoint)
      const breaker = peers.to(name, endpoint)
      const service = createSubgraphClient({
        name,
        endpoint,
        takesBatches: areOurs,
        tokens: tokens.to(name),
        limits,
        room,
        breaker,
        log,
      })
      const upstream = createUpstreamSocket(endpoint, limits, breaker)
      stack.defer(async () => {
        upstream.close()
        await service.close()
      })
      services[name] = service
      upstreams[name] = upstream
    }
  }

  connect(file.current)
  file.onChange(connect)
  return { services, upstreams, close: () => stack.disposeAsync() }
}
