import { createHash } from 'node:crypto'
import { BadUserInput, ServiceUnavailable } from '@karcis/kit/errors'
import type { z } from 'zod'

interface ClientOptions {
  /** The provider, as people are told. */
  name: string
  /** The key, which both providers take as the name of HTTP Basic. */
  key: string
  /** How long an answer is waited for. */
  timeoutMs: number
}

interface Request {
  body?: object | undefined
  /** Idempotency key. */
  key?: string | undefined
}

/** An answer that says what was done, be it that something was refused. */
export interface Answer {
  status: number
  json: unknown
}

export type Send = (method: 'GET' | 'POST', url: string, request?: Request) => Promise<Answer>

/**
 * A client of a provider that speaks JSON over HTTP.
 * @returns sends a request; @throws ServiceUnavailable unless there is an answer that says what was done.
 */
export function createHttpClient({ name, key: user, timeoutMs }: ClientOptions): Send {
  const authorization = `Basic ${Buffer.from(`${user}:`).toString('base64')}`
  return async (method, url, { body, key } = {}) => {
    const response = await fetch(url, {
      method,
      headers: {
        authorization,
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw noAnswer(name, cause)
    })
    const json: unknown = await response.json().catch(() => null)
    const { status } = response
    if (saysNothing(status) || json === null)
      throw new ServiceUnavailable(`${name} answered with ${status}. Try again.`, 5)
    return { status, json }
  }
}

/** Whether a status leaves open what was done, or says that nobody there knows us: it is tried again. */
export const saysNothing = (status: number): boolean => status === 401 || status === 429 || status >= 500

export const noAnswer = (name: string, cause: unknown): ServiceUnavailable =>
  new ServiceUnavailable(`${name} does not answer just now. Try again.`, 5, { cause })

/** Reads a notification that is JSON. @throws BadUserInput */
export function parseNotification<Shape extends z.ZodType>(
  name: string,
  shape: Shape,
  body: Buffer,
): z.output<Shape> {
  try {
    return shape.parse(JSON.parse(body.toString('utf8')))
  } catch {
    throw new BadUserInput([{ path: 'body', message: `must be a notification of ${name}` }])
  }
}

/** Of a provider that names no events: what it sends again is the same byte for byte. */
export const eventIdOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex')
