import type { IncomingMessage } from 'node:http'
import { gql } from '@karcis/testkit/gql'
import { describe, expect, it } from 'vitest'
import { createRouter } from '../server.ts'
import { createOpenWorld } from '../testing/open-world.ts'
import { openRawSocket } from '../testing/raw-socket.ts'
import { createWorld } from '../testing/world.ts'
import { createClientAddresses } from './client-address.ts'

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

describe('line 23: the address of a client', () => {
  it.each([
    ['is that of the peer', [], '203.0.113.9', undefined, '203.0.113.9'],
    ['is an IPv4 address as such', [], '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['is not what the client says', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    [
      'is not what a peer says that is no trusted proxy',
      ['10.0.0.0/8'],
      '203.0.113.9',
      '198.51.100.1',
      '203.0.113.9',
    ],
    ['is what a trusted proxy says', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [
      'is the last that a trusted proxy says, whatever stands before it',
      ['10.1.2.3'],
      '10.1.2.3',
      '6.6.6.6, 198.51.100.1',
      '198.51.100.1',
    ],
    [
      'is looked for behind several of them',
      ['10.0.0.0/8', '192.0.2.7'],
      '10.1.2.3',
      '6.6.6.6, 198.51.100.1, 192.0.2.7',
      '198.51.100.1',
    ],
    ['may have a port', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1:5555', '198.51.100.1'],
    ['may be of IPv6', ['fd00::/8'], 'fd00::1', '[2001:db8::1]:443', '2001:db8::1'],
    ['is the proxy where that says nothing', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
    ['is the proxy where that says nonsense', ['10.0.0.0/8'], '10.1.2.3', 'unknown', '10.1.2.3'],
  ])('%s', (_, proxies, peer, forwarded, address) => {
    expect(createClientAddresses(proxies).of(request(peer, forwarded))).toBe(address)
  })

  it('is told to subgraphs, whatever the client says of itself', async () => {
    const sdl = 'type Query { seats: Int } type Mutation { touch: Int }'
    await using world = await createOpenWorld({ ticket: { sdl, resolvers: {} } })
    await using router = await createRouter({ ...world.settings, trustedProxies: ['127.0.0.1'] })
    const heard = () => world.subgraphs.ticket.asked.at(-1)?.headers
    const lies = { 'x-karcis-client-address': '6.6.6.6', 'x-karcis-deadline-ms': '1' }
    const url = `${router.url}/graphql`
    await gql(url, 'mutation { touch }', {}, { ...lies, 'x-forwarded-for': '198.51.100.1' })
    expect(heard()).toMatchObject({ 'x-karcis-client-address': '198.51.100.1' })
    await gql(url, '{ seats }', {}, { ...lies, 'x-forwarded-for': '198.51.100.2' })
    expect(heard()).toMatchObject({
      'x-karcis-client-address': '198.51.100.2',
      'x-karcis-deadline-ms': '10000',
    })
    await gql(world.url, '{ seats }', {}, { ...lies, 'x-forwarded-for': '198.51.100.3' })
    expect(heard()).toMatchObject({ 'x-karcis-client-address': '127.0.0.1' })
  })

  it('limits the sockets of people who are not signed in, where proxies are named', async () => {
    await using world = await createWorld({ socketsPerAddress: 1 })
    await using first = await openRawSocket(world.url)
    await using second = await openRawSocket(world.url) // the address may be a proxy's
    await Promise.all([first.introduce(), second.introduce()])

    await using router = await createRouter({ ...world.settings, trustedProxies: ['127.0.0.1'] })
    const from = (address: string) =>
      openRawSocket(`${router.url}/graphql`, { headers: { 'x-forwarded-for': address } })
    await using one = await from('198.51.100.1')
    await one.introduce()
    await using tooMany = await from('198.51.100.1')
    expect(await tooMany.closed).toEqual({ code: 4429, reason: 'Too many sockets of one address' })
    await using other = await from('198.51.100.2')
    await other.introduce()
    // Whoever signs in is counted as themselves.
    await one.introduce(await world.as())
    await using next = await from('198.51.100.1')
    await next.introduce()
  })
})
