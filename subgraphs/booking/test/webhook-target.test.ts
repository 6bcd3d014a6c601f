import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { pauseSeconds } from '../src/domain/webhooks/deliver-webhooks.ts'
import { isPublicAddress } from '@karcis/kit/outside/public-address'
import { createSender, type SenderOptions } from '@karcis/kit/outside/post'
import { targetProblem } from '@karcis/kit/outside/target'
import { startReceiver } from './webhook-receiver.ts'

describe('an address', () => {
  it.for([
    ['0.0.0.0', 'this network'],
    ['0.1.2.3', 'this network'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'CGNAT'],
    ['100.100.100.200', 'metadata of a cloud'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'metadata of clouds'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.192', 'metadata of a cloud'],
    ['192.168.1.1', 'private'],
    ['198.19.0.1', 'benchmarks'],
    ['203.0.113.5', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'mapped'],
    ['::ffff:7f00:1', 'mapped, in other letters'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'mapped, in full'],
    ['::ffff:0:127.0.0.1', 'translated'],
    ['64:ff9b::10.0.0.1', 'NAT64 of a private one'],
    ['64:ff9b::a9fe:a9fe', 'NAT64 of metadata'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local, with a zone'],
    ['fec0::1', 'site-local'],
    ['fc00::1', 'unique local'],
    ['fd00:ec2::254', 'metadata of a cloud'],
    ['ff02::1', 'multicast'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['100::1', 'discarded'],
    ['example.com', 'none'],
    ['', 'none'],
  ] as const)('%s is refused: %s', ([address]) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.for([
    '1.1.1.1',
    '93.184.215.14',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
    '192.0.1.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
  ])('%s is one of the public internet', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('a URL', () => {
  const PUBLIC = 'must lead to a host of the public internet'
  it.for([
    ['not a URL', 'must be a URL such as https://example.com/karcis'],
    ['http://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['http://127.0.0.1/', 'must begin with https://'],
    ['https://user:pass@example.com/', 'must not have a user name or a password in it'],
    ['https://user@example.com/', 'must not have a user name or a password in it'],
    ['https://example.com/#here', 'must not have a fragment (#)'],
    ['https://example.com:22/', 'must have port 443, or one from 1024 on'],
    ['https://example.com:80/', 'must have port 443, or one from 1024 on'],
    ['https://localhost/', PUBLIC],
    ['https://api.localhost./', PUBLIC],
    ['https://postgres/', PUBLIC],
    ['https://db.internal/', PUBLIC],
    ['https://printer.local/', PUBLIC],
    ['https://127.0.0.1/', PUBLIC],
    ['https://2130706433/', PUBLIC],
    ['https://0x7f.1/', PUBLIC],
    ['https://127.1/', PUBLIC],
    ['https://[::1]/', PUBLIC],
    ['https://[::ffff:169.254.169.254]/', PUBLIC],
    [`https://example.com/${'x'.repeat(2_000)}`, 'must have at most 2000 characters'],
  ] as const)('%s %s', ([url, problem]) => {
    expect(targetProblem(url, false)).toBe(problem)
  })

  it.for([
    'https://example.com',
    'https://example.com:8443/a?b=c',
    'https://1.1.1.1/',
    'https://bücher.example.com/',
  ])('%s is one that may be told', (url) => {
    expect(targetProblem(url, false)).toBeNull()
    expect(targetProblem(url, true)).toBeNull()
  })

  it('of this machine may be told in development only, and no other by http even then', () => {
    for (const url of ['http://localhost:3000/', 'http://127.0.0.1:80/', 'http://[::1]:8080/hook']) {
      expect(targetProblem(url, true)).toBeNull()
      expect(targetProblem(url, false)).not.toBeNull()
    }
    expect(targetProblem('http://example.com/', true)).toBe('must begin with https://')
    expect(targetProblem('http://192.168.0.1/', true)).toBe('must begin with https://')
  })
})

const never = new AbortController().signal
const HEADERS = { 'webhook-id': 'one' }
const BODY = JSON.stringify({ type: 'ping', data: {} })

/** A server that says who knocks, and answers nothing. */
async function startDoor(host: string, port: number): Promise<Server & { knocks: () => number }> {
  let knocks = 0
  const server = createTcpServer((socket) => {
    knocks += 1
    socket.destroy()
  }).listen(port, host)
  await once(server, 'listening')
  return Object.assign(server, { knocks: () => knocks })
}

describe('a name', () => {
  const send = (options: Partial<SenderOptions>, url: string) =>
    createSender({ userAgent: 'test', loopback: false, ...options })(url, HEADERS, BODY, never)

  it.for([
    ['one private address', ['10.0.0.1']],
    ['a private one among public ones', ['1.1.1.1', '169.254.169.254']],
    ['loopback, by IPv6', ['::1']],
    ['a mapped one', ['::ffff:127.0.0.1']],
  ] as const)('that leads to %s is not connected to', async ([, addresses]) => {
    const outcome = await send({ resolve: async () => [...addresses] }, 'https://hooks.example.com:9443/')
    expect(outcome).toMatchObject({ status: null, error: 'The name leads to an address that is not public.' })
  })

  it('without an address, or that cannot be looked up, is said to be so', async () => {
    expect((await send({ resolve: async () => [] }, 'https://hooks.example.com/')).error).toBe(
      'The name of the host has no address.',
    )
    const missing = async () => {
      throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    }
    expect((await send({ resolve: missing }, 'https://hooks.example.com/')).error).toBe(
      'No connection: ENOTFOUND.',
    )
  })

  it('is looked up once an attempt, and what was looked at is connected to: DNS that changes in between leads nowhere', async () => {
    // What stands for a public address here is 127.0.0.2; 127.0.0.1 is the private one, to which the name leads from then on.
    const door = await startDoor('127.0.0.2', 0)
    const { port } = door.address() as AddressInfo
    const inside = await startDoor('127.0.0.1', port)
    const answers = [['127.0.0.2'], ['127.0.0.1'], ['127.0.0.1']]
    const asked: string[] = []
    const resolve = async (name: string) => {
      asked.push(name)
      return answers.shift() ?? []
    }
    const options = { resolve, permits: (address: string) => address === '127.0.0.2' }
    const first = await send(options, `https://hooks.example.com:${port}/`)
    expect([asked.length, door.knocks(), inside.knocks()]).toEqual([1, 1, 0])
    expect(first.error).toMatch(/^No connection: /)
    const second = await send(options, `https://hooks.example.com:${port}/`)
    expect(second.error).toBe('The name leads to an address that is not public.')
    expect([asked.length, door.knocks(), inside.knocks()]).toEqual([2, 1, 0])
    for (const server of [door, inside]) server.close()
  })

  it('guard permits: without it the private one is knocked at', async () => {
    const inside = await startDoor('127.0.0.1', 0)
    const { port } = inside.address() as AddressInfo
    await send(
      { resolve: async () => ['127.0.0.1'], permits: () => true },
      `https://hooks.example.com:${port}/`,
    )
    expect(inside.knocks()).toBe(1)
    inside.close()
  })
})

describe('a request', () => {
  const sender = createSender({ userAgent: 'test', loopback: true, timeoutMs: 300 })

  it('that is never answered is given up', async () => {
    await using receiver = await startReceiver()
    receiver.behave(() => undefined)
    const outcome = await sender(receiver.url, HEADERS, BODY, never)
    expect(outcome).toMatchObject({ status: null, error: 'No answer within 0.3 s.' })
    expect(outcome.durationMs).toBeLessThan(10_000) // it has 15 s unless told otherwise
  })

  it('whose head comes by drops is given up just so', async () => {
    await using receiver = await startReceiver()
    receiver.behave((_, response) => {
      const drip = setInterval(() => response.socket?.write('x'), 20)
      response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: ')
      response.socket?.once('close', () => clearInterval(drip))
    })
    expect((await sender(receiver.url, HEADERS, BODY, never)).error).toBe('No answer within 0.3 s.')
  })

  it('that is redirected to somewhere private goes nowhere else', async () => {
    const inside = await startDoor('127.0.0.1', 0)
    const { port } = inside.address() as AddressInfo
    await using receiver = await startReceiver()
    receiver.behave((_, response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end())
    expect(await sender(receiver.url, HEADERS, BODY, never)).toMatchObject({ status: 307, error: null })
    expect(inside.knocks()).toBe(0)
    inside.close()
  })

  it('is answered with much: little of that is read, and NUL is kept from the database', async () => {
    await using receiver = await startReceiver()
    receiver.behave((_, response) => {
      response.writeHead(200)
      const flood = (): void => {
        while (!response.destroyed && response.write('\0'.repeat(65_536)));
      }
      response.on('drain', flood)
      flood()
    })
    const { status, body } = await sender(receiver.url, HEADERS, BODY, never)
    expect(status).toBe(200)
    expect(body).toBe('\uFFFD'.repeat(4_096))
  })

  it('of a sender that keeps its connections uses them again, and is sent anew on another where the receiver has just closed one', async () => {
    let connections = 0
    const server = createHttpServer((request, response) => {
      request.resume().on('end', () => response.writeHead(201, { 'retry-after': '7' }).end('taken'))
    })
    server.on('connection', () => {
      connections += 1
    })
    server.on('request', ({ socket, url }) => url === '/cut' && connections === 1 && socket.resetAndDestroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const kept = createSender({ userAgent: 'test', loopback: true, keptConnections: 2 })
    for (const path of ['/one', '/two', '/cut'])
      expect(await kept(url + path, HEADERS, BODY, never)).toMatchObject({
        status: 201,
        retryAfterSeconds: 7,
      })
    expect(connections).toBe(2)
    server.close()
    server.closeAllConnections()
  })

  it('to nobody says so', async () => {
    const outcome = await sender('http://127.0.0.1:9/', HEADERS, BODY, never)
    expect(outcome.error).toBe('No connection: ECONNREFUSED.')
  })

  it('is given up when the process ends', async () => {
    await using receiver = await startReceiver()
    receiver.behave(() => undefined)
    const closing = new AbortController()
    const sent = createSender({ userAgent: 'test', loopback: true })(
      receiver.url,
      HEADERS,
      BODY,
      closing.signal,
    )
    await receiver.until(1)
    closing.abort()
    expect((await sent).status).toBeNull()
  })
})

it('the pauses between attempts grow, are spread, and end', () => {
  const longest = Array.from({ length: 10 }, (_, n) => pauseSeconds(n + 1, 1, null))
  expect(longest).toEqual([5, 15, 45, 135, 405, 1_215, 3_645, 10_935, 21_600, 21_600])
  expect(pauseSeconds(1, 0, null)).toBe(2.5)
  expect(pauseSeconds(1, 0, 60)).toBe(60) // as asked
  expect(pauseSeconds(9, 0.5, 60)).toBe(16_200)
  expect(pauseSeconds(1, 0, 1_000_000_000)).toBe(21_600) // but not for ever
})
