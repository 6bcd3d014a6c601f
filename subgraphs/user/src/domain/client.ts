import { networkOf } from '@karcis/kit/network'
import { OnePasswordPerRequest } from './errors.ts'

/** Where a request comes from, and what it may still cost. */
export interface Client {
  /** Its network, as the router saw it; null when the router did not say. */
  address: string | null
  /** Takes the one password that may be checked or hashed for a request. @throws OnePasswordPerRequest from the second on. */
  takePasswordTurn(): void
}

/** @param address as it came with the request. */
export function createClient(address: string | undefined): Client {
  let taken = false
  return {
    address: networkOf(address),
    takePasswordTurn() {
      if (taken) throw new OnePasswordPerRequest()
      taken = true
    },
  }
}
