// What a subscription costs when each client's events are executed for that client: graphql-ws over graphql-js, fed by
// one upstream.
// usage: node one-each.mjs <port> <port of the products subgraph>
import { createServer } from 'node:http'
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { SUBGRAPHS } from '../router/catalogue.ts'
import { watchUpstream } from './upstream.mjs'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const sdl = SUBGRAPHS.products.replaceAll(/@key\(.*?\)/g, '')
const schema = buildSchema(sdl)

/** @type {Set<(event: object) => void>} */
const listeners = new Set()
watchUpstream(upstreamPort, (payload) => {
  for (const listener of listeners) listener(payload.data)
})

/** Events as they come, until the client leaves. */
function events() {
  const waiting = []
  let wake = null
  const listener = (event) => {
    if (wake) {
      wake({ value: event, done: false })
      wake = null
    } else waiting.push(event)
  }
  listeners.add(listener)
  return {
    next: () =>
      waiting.length > 0
        ? Promise.resolve({ value: waiting.shift(), done: false })
        : new Promise((resolve) => {
            wake = resolve
          }),
    return() {
      listeners.delete(listener)
      wake?.({ value: undefined, done: true })
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

const server = createServer((_, response) => response.end())
useServer(
  { schema, roots: { subscription: { priceChanged: events } } },
  new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false }),
)
server.listen(port, '127.0.0.1')
