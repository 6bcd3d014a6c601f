import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { closeHttp, listen } from '@karcis/kit/http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSender } from '@karcis/kit/outside/post'
import { type Certified, makeAuthority } from './own-authority.ts'

const NAME = 'hooks.example.com'
const trusted = makeAuthority('A trusted authority')
const before = getCACertificates('default')

beforeAll(() => setDefaultCACertificates([...before, trusted.cert]))
afterAll(() => setDefaultCACertificates(before))

/** An organizer's server that shows a certificate. */
async function startSecure(certified: Certified) {
  const received: string[] = []
  const server = createServer(certified, (request, response) => {
    void text(request).then((body) => {
      received.push(`${request.headers.host} ${body}`)
      response.writeHead(204).end()
    })
  })
  const port = await listen(server, 0, '127.0.0.1')
  return {
    port,
    received,
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}

/** Sends as in production: the name is looked up, and leads here. */
const send = (port: number) =>
  createSender({
    userAgent: 'test',
    loopback: false,
    resolve: async () => ['127.0.0.1'],
    permits: () => true,
  })(`https://${NAME}:${port}/hook`, {}, '{}', new AbortController().signal)

describe('a webhook over TLS', () => {
  it('reaches a server whose certificate is of its name and of an authority that is trusted', async () => {
    await using server = await startSecure(trusted.issue(NAME))
    expect(await send(server.port)).toMatchObject({ status: 204, error: null })
    expect(server.received).toEqual([`${NAME}:${server.port} {}`])
  })

  it.for([
    ['of another name', trusted.issue('hooks.example.org'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['out of date', trusted.issue(NAME, { expired: true }), 'CERT_HAS_EXPIRED'],
    [
      'of an authority that nobody trusts',
      makeAuthority('Nobody').issue(NAME),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    ['of one that only says so', makeAuthority('A trusted authority').issue(NAME), 'CERT_SIGNATURE_FAILURE'],
  ] as const)('tells nothing to one whose certificate is %s', async ([, certified, code]) => {
    await using server = await startSecure(certified)
    expect(await send(server.port)).toMatchObject({ status: null, error: `No connection: ${code}.` })
    expect(server.received).toEqual([])
  })
})
