import type { Cookies } from '@karcis/kit/contracts/browser'
import { networkOf } from '@karcis/kit/network'
import type { RequestScope } from '@karcis/kit/viewer'
import { OnePasswordPerRequest } from './errors.ts'

/** Where a request comes from, and what it may still cost. */
export interface Client {
  /** Its network, as the router saw it; null when the router did not say. */
  address: string | null
  /** What it calls itself; null when it does not, or asks for nothing that changes anything. */
  userAgent: string | null
  /** Where its refresh token goes, in place of an answer; null for a client that keeps it itself. */
  cookies: Cookies | null
  /** Takes the one password that may be checked or hashed for a request. @throws OnePasswordPerRequest from the second on. */
  takePasswordTurn(): void
}

/** A client as the router tells of it with the request. */
export function createClient({
  clientAddress,
  userAgent,
  cookies,
}: Pick<RequestScope, 'clientAddress' | 'userAgent' | 'cookies'>): Client {
  let taken = false
  return {
    address: networkOf(clientAddress),
    userAgent: userAgent || null,
    cookies: cookies ?? null,
    takePasswordTurn() {
      if (taken) throw new OnePasswordPerRequest()
      taken = true
    },
  }
}
