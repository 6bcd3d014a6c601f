import { createHmac } from 'node:crypto'
import { sameSecret } from '@karcis/kit/secret-tokens'
import { retryAfterSeconds } from '@karcis/kit/outside/retry-after'
import { SMS_STATUS_PATH } from '@karcis/kit/contracts/pages'
import { z } from 'zod'

/** An account at a provider with the API of Twilio. */
export interface SmsAccount {
  /** Where its API is, without a slash at the end. */
  url: string
  account: string
  token: string
  /** A number of E.164, a name, or the id of a messaging service (`MG…`). */
  from: string
}

/** What the provider says of an attempt. */
export interface SmsAnswer {
  status: number
  /** Its own code of what is wrong; null when nothing is, or it does not say. */
  code: number | null
  message: string
  retryAfterSeconds: number | null
}

/** A text message on its way to a provider. */
export interface Sms {
  to: string
  text: string
  /** Where the provider tells what becomes of it. */
  statusUrl: string
  /** For how long it is worth delivering. */
  ttlSeconds: number
}

const failureSchema = z.object({ code: z.int().nullish(), message: z.string().nullish() })

/** As the provider takes it: from a second to ten hours. */
const MOST_TTL_SECONDS = 36_000
const REASON_CHARACTERS = 300

/** Asks a provider to send a text message. @throws when it cannot be reached, and on abort. */
export async function postSms(
  { url, account, token, from }: SmsAccount,
  { to, text, statusUrl, ttlSeconds }: Sms,
  signal: AbortSignal,
): Promise<SmsAnswer> {
  const response = await fetch(`${url}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`, {
    method: 'POST',
    redirect: 'manual',
    signal,
    headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` },
    body: new URLSearchParams({
      To: to,
      [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
      Body: text,
      StatusCallback: statusUrl,
      ValidityPeriod: String(Math.max(1, Math.min(MOST_TTL_SECONDS, ttlSeconds))),
    }),
  })
  const answer = await response.text()
  const said = failureSchema.safeParse(parse(answer)).data
  return {
    status: response.status,
    code: response.ok ? null : (said?.code ?? null),
    message: (said?.message ?? answer).slice(0, REASON_CHARACTERS),
    retryAfterSeconds: retryAfterSeconds(response.headers.get('retry-after')),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // an error page of something in between
  }
}

/** Where the provider tells of a message: which it is stands in what it signs. */
export const statusUrlOf = (publicUrl: string, deliveryId: string): string =>
  `${publicUrl}${SMS_STATUS_PATH}?delivery=${deliveryId}`

/** What a provider signs its words with: the URL that it was given, and all that it posts, by name. */
export function signatureOf(token: string, url: string, form: URLSearchParams): string {
  const pairs = [...form].toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  const signed = url + pairs.map(([name, value]) => name + value).join('')
  return createHmac('sha1', token).update(signed).digest('base64')
}

export const isSigned = (token: string, url: string, form: URLSearchParams, given: string): boolean =>
  sameSecret(given, signatureOf(token, url, form))

/** By the provider's own codes: https://www.twilio.com/docs/api/errors */
const ENDS: ReadonlyMap<number, 'GONE' | 'UNSUBSCRIBED'> = new Map([
  [21211, 'GONE'], // no valid number
  [21614, 'GONE'], // none that takes text messages
  [21610, 'UNSUBSCRIBED'], // its owner has answered STOP
  [30005, 'GONE'], // a number that does not exist, or no longer
  [30006, 'GONE'], // a landline
])

/** Whether a code of the provider ends a number, and how; null when it does not. */
export const endOf = (code: number | null): 'GONE' | 'UNSUBSCRIBED' | null =>
  code === null ? null : (ENDS.get(code) ?? null)
