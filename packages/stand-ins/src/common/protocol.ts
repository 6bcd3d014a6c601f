import type { IncomingHttpHeaders } from 'node:http'
import type { LedgerEntry } from './money.ts'

/** A request, read in full. */
export interface Call {
  readonly method: string
  /** The path, cut at its slashes, decoded. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Waits, where the request is to be slow. Called when its idempotency key is taken, before anything is done. */
  pause(): Promise<void>
}

/** An answer: an object goes as JSON, text as HTML. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object | string
}

/** A request to the API that was recognized. */
export interface Operation {
  /** By which faults name it. */
  readonly name: string
  /** The ids of the order it is about, as far as they are known: the merchant's, the provider's. */
  readonly orders: readonly string[]
  run(): Reply | Promise<Reply>
}

/** The protocol of one provider, over what all share. */
export interface Provider {
  /** What a request to the API asks for; undefined for a path that there is not. */
  operation(call: Call): Operation | undefined
  /** A page for people, or what a button on it does; undefined where there is none. */
  page(call: Call): Reply | undefined
  /** How the API says that there is no such path. */
  notFound(call: Call): Reply
  /** How the API says that it is broken. */
  broken(call: Call, status: number): Reply
  /** Lets time take its course: what is to expire, expires. */
  sweep(): void
  ledger(): LedgerEntry[]
  /** What people and banks do with a payment, by name, for the control API. @throws UnknownPayment */
  readonly actions: Readonly<Record<string, (order: string, options: unknown) => void>>
}

/** There is no payment of that order. */
export class UnknownPayment extends Error {
  constructor(order: string) {
    super(`There is no payment of ${order}.`)
  }
}

/** The payment is in no state for that. */
export class NotPossible extends Error {}

/** Sends a browser on. */
export const seeOther = (location: string): Reply => ({ status: 303, headers: { location }, body: '' })

/** The key of HTTP Basic, which the providers take as the user's name, without a password. */
export function basicUser(call: Call): string | undefined {
  const [scheme, encoded] = (call.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return undefined
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0]
}

/** The first value of a header, by its name in small letters. */
export function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** A body that is JSON; undefined for what is none. */
export function jsonOf(call: Call): unknown {
  try {
    return JSON.parse(call.body)
  } catch {
    return undefined
  }
}

/** Does what a button says, unless that is no longer possible, as when it was pressed in another tab: the page says so. */
export function press(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error
  }
}
