import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIdentityProvider, type IdentityProvider } from './identity-provider.ts'

/** Who stands for the other subgraphs where only places are sold. */
export interface Neighbours extends AsyncDisposable {
  /** Base URL of all of them. */
  readonly url: string
  /** Signs people in. */
  readonly identity: IdentityProvider
}

/** What making a ticket type and drawing a map asks of the event and the booking subgraph. */
const ANSWER = JSON.stringify({
  data: {
    fixCurrency: 'IDR',
    chargeableCurrencies: ['IDR'],
    roomRights: { mayUse: true, mayChange: true },
    expireBookings: [],
  },
})

/** Stands for the user subgraph, as far as routers ask it, and for event and booking, as far as the ticket subgraph does. */
export async function startNeighbours(): Promise<Neighbours> {
  const identity = await createIdentityProvider()
  const routes: Record<string, (query: URLSearchParams) => Promise<object>> = identity.routes
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://neighbours')
    const route = routes[pathname]
    response.setHeader('content-type', 'application/json')
    if (route) void route(searchParams).then((answer) => response.end(JSON.stringify(answer)))
    else response.end(pathname === '/ready' ? '{}' : ANSWER)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    identity,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
