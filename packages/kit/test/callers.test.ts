import { expect, it, onTestFinished } from 'vitest'
import { createServiceClient } from '../src/service-client.ts'
import { createServiceTokens } from '../src/service-token.ts'
import { createCallers } from '../src/subgraph/callers.ts'
import { SECRET, startServer } from './start-server.ts'

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { hang: Int quick: Int }
`

it('keeps one service from taking all that a process has to give, and leaves the others theirs', async () => {
  const { promise: letGo, resolve: free } = Promise.withResolvers<void>()
  let begun = 0
  await using server = await startServer({
    sdl: SDL,
    resolvers: {
      Query: {
        hang: () => {
          begun += 1
          return letGo.then(() => 1)
        },
        quick: () => 2,
      },
    },
    callers: { underWay: 3, perSecond: 1_000, atOnce: 1_000 },
  })
  onTestFinished(() => free())
  const clientOf = (service: 'ticket' | 'user' | 'router') => {
    const client = createServiceClient(server.url, createServiceTokens(SECRET, service).to('booking'))
    onTestFinished(() => client[Symbol.dispose]())
    return client
  }
  const ticket = clientOf('ticket')
  const hanging = [1, 2, 3].map(() => ticket.query('{ hang }', {}))
  await expect.poll(() => begun).toBe(3)
  await expect(ticket.query('mutation { none }', {})).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    facts: { retryAfterSeconds: 1 },
  })
  expect(await clientOf('user').query('{ quick }', {})).toEqual({ quick: 2 })
  const router = clientOf('router')
  const many = Array.from({ length: 10 }, () => router.query('{ hang }', {}))
  await expect.poll(() => begun).toBe(13)
  const figures = await (await fetch(`${server.url}/metrics`)).text()
  expect(figures).toMatch(/^karcis_callers_refused_total 2$/m) // it was sent again once, as nothing was begun

  free()
  await Promise.all([...hanging, ...many])
  expect(await ticket.query('{ quick }', {})).toEqual({ quick: 2 })
})

it('lets a service ask so much a second, and more after a while', async () => {
  const callers = createCallers({ underWay: 100, perSecond: 50, atOnce: 5 })
  const ask = () => {
    const isBegun = callers.enter('ticket')
    if (isBegun) callers.leave('ticket')
    return isBegun
  }
  expect([1, 2, 3, 4, 5, 6].map(ask)).toEqual([true, true, true, true, true, false])
  expect(callers.enter('user')).toBe(true)
  await expect.poll(ask).toBe(true)
})
