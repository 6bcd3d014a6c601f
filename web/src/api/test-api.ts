import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buildSchema, execute, GraphQLError, parse, subscribe } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

/** A small API with sessions as ours has them, over real HTTP and WebSocket. Its cookie jar stands for the browser's. */
export interface TestApi extends AsyncDisposable {
  readonly origin: string
  /** Whose session the browser's cookie is of; null for none. */
  cookie: { name: string } | null
  /** Access tokens that are taken, with whose they are. */
  readonly tokens: Map<string, string>
  /** Name of each operation as it came, with the token that came along. */
  readonly asked: { operation: string; token: string | undefined }[]
  /** How many refreshes ran at the same time at most. */
  readonly mostRefreshes: number
  /** Done with each HTTP request before it is answered; true when it has been dealt with. */
  intercept: (operation: string, response: ServerResponse, socket: Socket) => boolean
  /** Sends to all who subscribe. */
  tick(): void
  /** How many are subscribed, and waits for so many. */
  subscribed(count: number): Promise<void>
  /** Cuts all sockets. */
  cut(): void
}

/** A refresh takes so long that whoever does not wait for it runs into it. */
const REFRESH_MS = 100

const schema = buildSchema(`
  type Query { whoami: String, broken: String }
  type Mutation {
    refreshToken: AuthPayload
    login(name: String!): AuthPayload
    logout(everywhere: Boolean!): Boolean
    book: String
  }
  type Subscription { ticks: Tick }
  type Tick { number: Int!, name: String }
  type AuthPayload { accessToken: String!, expiresIn: Int!, deviceToken: String, user: User! }
  type User { id: ID!, name: String!, email: String, role: String, emailVerified: Boolean, avatarUrl: String }
`)

export async function startTestApi(): Promise<TestApi> {
  const state = { running: 0, most: 0, tokens: 0, ticks: 0 }
  const watchers = new Set<(tick: { number: number }) => void>()
  let onChange = () => {}

  const payload = (name: string) => {
    const accessToken = `token-${++state.tokens}`
    api.tokens.set(accessToken, name)
    return { accessToken, expiresIn: 900, deviceToken: null, user: { id: name, name, role: 'CUSTOMER' } }
  }
  const refused = (code: string, extensions = {}) =>
    new GraphQLError(`refused: ${code}`, { extensions: { code, ...extensions } })
  const viewer = (token: string | undefined) => {
    if (token === undefined) return null
    const name = api.tokens.get(token)
    if (name === undefined) throw refused('UNAUTHENTICATED')
    return name
  }
  const rootValue = {
    whoami: (_: unknown, { token }: { token?: string }) => viewer(token) ?? 'nobody',
    broken: () => {
      throw refused('BAD_USER_INPUT', {
        fields: [{ path: 'input.email', message: 'is none' }],
        retryAfterSeconds: 7,
      })
    },
    book: (_: unknown, { token }: { token?: string }) => {
      const name = viewer(token)
      if (name === null) throw refused('UNAUTHENTICATED')
      return `booked for ${name}`
    },
    refreshToken: async () => {
      state.most = Math.max(state.most, ++state.running)
      await new Promise((resolve) => setTimeout(resolve, REFRESH_MS))
      state.running--
      if (!api.cookie) throw refused('UNAUTHENTICATED')
      return payload(api.cookie.name)
    },
    login: ({ name }: { name: string }) => {
      api.cookie = { name }
      return payload(name)
    },
    logout: () => {
      api.cookie = null
      api.tokens.clear()
      return true
    },
    ticks: async function* (_: unknown, { token }: { token?: string }) {
      const name = viewer(token)
      const waiting: { number: number }[] = []
      let wake = () => {}
      const take = (tick: { number: number }) => {
        waiting.push(tick)
        wake()
      }
      watchers.add(take)
      onChange()
      try {
        for (;;) {
          for (const tick of waiting.splice(0)) yield { ticks: { ...tick, name } }
          await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        watchers.delete(take)
      }
    },
  }

  const server = createServer((request, response) => void answer(request, response))
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
      query: string
      variables: Record<string, unknown>
    }
    const operation = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? ''
    const token = request.headers.authorization?.replace('Bearer ', '')
    api.asked.push({ operation, token })
    if (api.intercept(operation, response, request.socket)) return
    const result = await execute({
      schema,
      document: parse(query),
      rootValue,
      variableValues: variables,
      contextValue: { token },
    })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
  }
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  useServer<{ authorization?: string }>(
    {
      schema,
      roots: { subscription: rootValue },
      execute,
      subscribe,
      context: ({ connectionParams }) => ({ token: connectionParams?.authorization?.replace('Bearer ', '') }),
    },
    sockets,
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const api: TestApi = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cookie: null,
    tokens: new Map(),
    asked: [],
    get mostRefreshes() {
      return state.most
    },
    intercept: () => false,
    tick() {
      const tick = { number: ++state.ticks }
      for (const take of watchers) take(tick)
    },
    subscribed: (count) =>
      new Promise((resolve) => {
        onChange = () => {
          if (watchers.size >= count) resolve()
        }
        onChange()
      }),
    cut() {
      watchers.clear()
      for (const socket of sockets.clients) socket.terminate()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return api
}
