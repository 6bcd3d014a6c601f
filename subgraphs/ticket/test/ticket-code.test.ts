import { monitorEventLoopDelay } from 'node:perf_hooks'
import { newId } from '@karcis/kit/ids'
import type { SigningKeys } from '@karcis/kit/signing-keys'
import { person } from '@karcis/testkit/people'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { decodeBase45, encodeBase45 } from '../src/domain/tickets/base45.ts'
import { drawQrCode } from '../src/domain/tickets/qr-picture.ts'
import { signTicketCodes, verificationKeys } from '../src/domain/tickets/ticket-code.ts'
import { verifyTicketCode } from '../src/domain/tickets/verify-ticket-code.ts'
import { readPng, readQr } from './read-qr.ts'
import { startStory } from './stories.ts'

/** Signing keys of which there is one. */
async function oneKey(): Promise<SigningKeys> {
  const kid = newId()
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' }
  return {
    current: async () => ({ kid, privateKey }),
    published: async () => [jwk],
    rotateIfDue: async () => undefined,
    rotate: async () => undefined,
  }
}

describe('base45', () => {
  it('is as RFC 9285 says', () => {
    for (const [text, encoded] of [
      ['AB', 'BB8'],
      ['Hello!!', '%69 VD92EX0'],
      ['base-45', 'UJCLQE7W581'],
      ['ietf!', 'QED8WEX0'],
    ] as const) {
      expect(encodeBase45(Buffer.from(text))).toBe(encoded)
      expect(Buffer.from(decodeBase45(encoded) ?? []).toString()).toBe(text)
    }
    for (const wrong of ['GGW', ':::', '::', 'A', 'ABCD', 'ab8', 'A\u00e9B'])
      expect(decodeBase45(wrong), wrong).toBeNull()
  })
})

describe('line 16: the code of a ticket', () => {
  it('is short: 153 characters, a QR code of 41 modules with a quiet zone of four', async () => {
    const keys = await oneKey()
    const tickets = Array.from({ length: 50 }, () => ({ ticketId: newId(), eventId: newId() }))
    const codes = await signTicketCodes(keys, tickets)
    for (const code of codes) expect(code).toMatch(/^KC1[0-9A-Z $%*+\-./:]{149}[0-9A-Z]$/) // trimming changes nothing
    const picture = drawQrCode(codes[0] ?? '')
    const { data, width, height } = readPng(picture)
    expect([width, height]).toEqual([(41 + 8) * 8, (41 + 8) * 8])
    const isDark = (column: number, row: number) => data[(row * 8 * width + column * 8) * 4] === 0
    for (let at = 0; at < 49; at++)
      for (const edge of [0, 1, 2, 3, 45, 46, 47, 48])
        expect(isDark(at, edge) || isDark(edge, at)).toBe(false)
    expect(isDark(4, 4)).toBe(true)
    expect(readQr(picture)).toBe(codes[0])
    expect(picture.length).toBeLessThan(3_000)
  })

  it('is refused when a bit of it is changed, or another key has signed it', async () => {
    const [keys, others] = [await oneKey(), await oneKey()]
    const claims = { ticketId: newId(), eventId: newId() }
    const [code = ''] = await signTicketCodes(keys, [claims])
    const published = await verificationKeys(keys)
    expect(await verifyTicketCode(code, published)).toEqual(claims)
    expect(await verifyTicketCode(code, [...(await verificationKeys(others)), ...published])).toEqual(claims)
    expect(await verifyTicketCode(code, await verificationKeys(others))).toBeNull()
    const bytes = decodeBase45(code) ?? new Uint8Array()
    for (let at = 2; at < bytes.length; at += 5) {
      const forged = Uint8Array.from(bytes)
      forged[at] = (forged[at] ?? 0) ^ 1
      expect(await verifyTicketCode(encodeBase45(forged), published), `byte ${at}`).toBeNull()
    }
    for (const wrong of ['', 'KC1', code.slice(3), code.toLowerCase(), `${code}0`, 'no code'])
      expect(await verifyTicketCode(wrong, published)).toBeNull()
  })

  it('of a ticket issued before is a JWS, and stays good', async () => {
    const keys = await oneKey()
    const { kid, privateKey } = await keys.current()
    const claims = { ticketId: newId(), eventId: newId() }
    const sign = (issuer: string) =>
      new SignJWT({ evt: claims.eventId, typ: newId(), seat: 'Stalls A-1' })
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .setIssuer(issuer)
        .setSubject(claims.ticketId)
        .sign(privateKey)
    const published = await verificationKeys(keys)
    expect(await verifyTicketCode(await sign('karcis'), published)).toEqual(claims)
    expect(await verifyTicketCode(await sign('somebody'), published)).toBeNull()
    expect(await verifyTicketCode(await sign('karcis'), await verificationKeys(await oneKey()))).toBeNull()
  })

  it('is drawn off the main thread, once, however often it is asked for', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const buyer = person()
    for (let at = 0; at < 5; at++) {
      const bookingId = newId()
      await story.booking.take(buyer, bookingId, typeId, 10)
      await story.booking.issue(bookingId)
    }
    const aliases = Array.from(
      { length: 20 },
      (_, at) => `a${at}: myTickets(first: 50) { edges { node { code qrCode } } }`,
    )
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const startedAt = performance.now()
    const answer = await story.mustAsk(buyer, `{ ${aliases.join('\n')} }`)
    delay.disable()
    const pages: { edges: { node: { code: string; qrCode: string } }[] }[] = Object.values(answer)
    for (const { edges } of pages) expect(edges).toHaveLength(50)
    expect(new Set(pages.flatMap(({ edges }) => edges.map(({ node }) => node.qrCode))).size).toBe(50)
    expect(delay.max / 1e6).toBeLessThan(Math.max(250, (performance.now() - startedAt) / 2))
  })
})
