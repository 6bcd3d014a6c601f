import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../dispatch.ts'
import { ResponseRoom, ResponseTooLarge } from '../response-room.ts'
import { createResponseReader, UnreadableResponse } from './response-reader.ts'

const JSON_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\n'
const whole = (body: string): string =>
  `${JSON_HEAD}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const chunked = (...chunks: string[]): string =>
  `${JSON_HEAD}transfer-encoding: chunked\r\n\r\n${[...chunks, '']
    .map((chunk) => `${Buffer.byteLength(chunk).toString(16)};x=y\r\n${chunk}${chunk && '\r\n'}`)
    .join('')}\r\n`

/** What is read when the text comes in pieces of that size, each in the memory that the last one was in. */
function readIn(size: number, text: string, maxBytes = 1_000_000) {
  const responses: { body: Buffer; status: number; contentType: string; isLast: boolean }[] = []
  const limits = { maxBytes, room: new ResponseRoom(maxBytes) }
  const reader = createResponseReader(limits, ({ body, status, contentType }: HttpResponse, isLast) =>
    responses.push({ status, contentType, body, isLast }),
  )
  const bytes = Buffer.from(text)
  const memory = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size)
    reader.read(memory.subarray(0, bytes.copy(memory, 0, at, at + size)))
  memory.fill('?')
  return {
    responses: responses.map((response) => ({ ...response, body: response.body.toString() })),
    isBetween: reader.isBetween,
  }
}

describe('the reader of pipelined responses', () => {
  const response = (body: string) => ({
    status: 200,
    contentType: 'application/json; charset=utf-8',
    body,
    isLast: false,
  })

  it('tells responses apart wherever the network cuts them', () => {
    const bodies = ['{"data":{"a":"é"}}', '', 'x'.repeat(300), '{"a":"HTTP/1.1 200 OK\\r\\n\\r\\n"}']
    const text =
      whole(bodies[0] as string) +
      chunked() +
      chunked('x'.repeat(255), 'x'.repeat(45)) +
      whole(bodies[3] as string)
    for (let size = 1; size <= text.length; size++) {
      expect(readIn(size, text)).toEqual({ responses: bodies.map(response), isBetween: true })
    }
  })

  it('passes over trailers, and knows when a further response has begun', () => {
    const text = chunked('{}').replace(/\r\n$/, 'x-checksum: 1\r\n\r\n')
    expect(readIn(7, text)).toEqual({ responses: [response('{}')], isBetween: true })
    expect(readIn(7, `${text}HTTP`).isBetween).toBe(false)
  })

  it('reports that the connection ends after a response', () => {
    const text = whole('{}').replace('Date', 'Connection: close\r\nDate')
    expect(readIn(1, text).responses).toEqual([{ ...response('{}'), isLast: true }])
  })

  it.each([
    ['nothing of HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an older version', whole('{}').replace('1.1', '1.0')],
    ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a response that never has a body', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'],
    ['no length', `${JSON_HEAD}\r\n{}`],
    ['two lengths', whole('{}').replace('Date', 'content-length: 2\r\nDate')],
    ['a length and chunks', chunked('{}').replace('Date', 'content-length: 2\r\nDate')],
    ['a length that is no number', `${JSON_HEAD}content-length: +2\r\n\r\n{}`],
    ['another coding', chunked('{}').replace('chunked', 'gzip, chunked')],
    ['a compressed body', whole('{}').replace('Date', 'content-encoding: gzip\r\nDate')],
    ['a folded header', whole('{}').replace('Date', 'x-a: b\r\n content-length: 9\r\nDate')],
    ['a space before the colon', whole('{}').replace('Content-Length:', 'Content-Length :')],
    ['a chunk without a size', chunked().replace('0;x=y', 'zero')],
    ['a chunk that is larger than it says', chunked('{}').replace('2;x=y', '1;x=y')],
    ['a head without end', `${JSON_HEAD}x: ${'y'.repeat(40_000)}`],
    ['a chunk line without end', chunked('{}').replace('x=y', 'x'.repeat(40_000))],
  ])('does not take %s', (_, text) => {
    for (const size of [1, 11, text.length]) expect(() => readIn(size, text)).toThrow(UnreadableResponse)
  })

  it('does not take more than it may', () => {
    expect(readIn(10, whole('x'.repeat(100)), 100).responses).toHaveLength(1)
    expect(() => readIn(10, whole('x'.repeat(101)), 100)).toThrow(ResponseTooLarge)
    expect(() => readIn(10, chunked('x'.repeat(60), 'x'.repeat(41)), 100)).toThrow(ResponseTooLarge)
  })
})
