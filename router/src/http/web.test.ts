import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRouter } from '../server.ts'
import { createWorld, type World } from '../testing/world.ts'

/** Stands where the process of the web app would, and says that it lives. */
async function startApp(listener: RequestListener) {
  const asked: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders }[] = []
  const server = createServer((message, response) => {
    if (message.url === '/live') return void response.end()
    const { method, url, headers } = message
    asked.push({ method, url, headers })
    listener(message, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('the web app behind the router', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('has what is read at all paths but those of the router', async () => {
    await using app = await startApp((_, response) => {
      response.writeHead(404, {
        'content-type': 'text/html',
        'content-security-policy': "default-src 'self'",
        vary: 'Cookie',
        connection: 'close',
      })
      response.end('a page')
    })
    await using router = await createRouter({ ...world.settings, webUrl: app.url })
    const sent = { 'if-none-match': '"a"', authorization: 'Bearer secret', 'x-karcis-viewer': 'me' }
    const page = await fetch(`${router.url}/events/night?from=mail`, { headers: sent })
    expect(page.status).toBe(404)
    expect(await page.text()).toBe('a page')
    expect(page.headers.get('content-security-policy')).toBe("default-src 'self'")
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('vary')).toBe('Origin, Cookie')
    expect(page.headers.get('x-request-id')).toBe(app.asked[0]?.headers['x-request-id'])
    expect(app.asked).toMatchObject([
      {
        method: 'GET',
        url: '/events/night?from=mail',
        headers: { 'if-none-match': '"a"', 'x-forwarded-for': '127.0.0.1' },
      },
    ])
    expect(app.asked[0]?.headers).not.toHaveProperty('authorization')
    expect(app.asked[0]?.headers).not.toHaveProperty('x-karcis-viewer')

    expect((await fetch(`${router.url}/`, { method: 'HEAD' })).status).toBe(404)
    expect(app.asked[1]).toMatchObject({ method: 'HEAD', url: '/' })
    for (const path of ['/live', '/ready', '/metrics', '/x/../metrics', '/graphql', '/ide'])
      await (await fetch(router.url + path)).arrayBuffer()
    expect(app.asked).toHaveLength(2)
    const written = await fetch(`${router.url}/events/night`, { method: 'POST' })
    expect(await written.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    expect(app.asked).toHaveLength(2)
  })

  it('is said to be away in plain words, while the API goes on', async () => {
    await using app = await startApp((_, response) => void response.writeHead(500).end('Error: secret stack'))
    await using router = await createRouter({ ...world.settings, webUrl: app.url })
    const expectAway = async (): Promise<void> => {
      const page = await fetch(router.url, { headers: { accept: 'text/html' } })
      expect(page.status).toBe(503)
      expect(page.headers.get('retry-after')).toBe('5')
      const text = await page.text()
      expect(text).toContain('Back in a moment')
      expect(text).not.toContain('secret')
      const script = await fetch(`${router.url}/assets/a.js`)
      expect(await script.json()).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
    }
    await expectAway()
    await app[Symbol.asyncDispose]()
    await expectAway()
    const answer = await fetch(`${router.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ seats }"}',
    })
    expect(await answer.json()).toEqual({ data: { seats: 500 } })
    const health = await fetch(`${router.url}/health`)
    expect(await health.json()).toMatchObject({ checks: { web: { status: 'unavailable' } } })
  })

  it('breaks off where the app does, and asks no longer for whoever has gone', async () => {
    const gone = Promise.withResolvers<void>()
    await using app = await startApp((message, response) => {
      if (message.url === '/half') {
        response.writeHead(200, { 'content-length': '10' }).write('half')
        setImmediate(() => response.destroy())
      } else message.on('close', () => gone.resolve())
    })
    await using router = await createRouter({ ...world.settings, webUrl: app.url })
    await expect(fetch(`${router.url}/half`).then((page) => page.text())).rejects.toThrow('terminated')
    const asking = request(`${router.url}/slow`).on('error', () => undefined)
    asking.end()
    while (app.asked.length < 2) await new Promise((resolve) => setImmediate(resolve))
    asking.destroy()
    await gone.promise
  })

  it('has nothing where no web app is set', async () => {
    const page = await fetch(world.router.url)
    expect(page.status).toBe(404)
    expect(await page.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  })
})
