import { createCoalescer } from '@karcis/kit/coalescing'
import { AMBIGUOUS, divideResponse, type EntitySlots } from './divide-response.ts'
import type { SubgraphResponse } from './response.ts'

/** Sends one fetch, for all of these scopes: representations as JSON texts, or null for a fetch without any. */
export type SendFetch<Scope> = (
  variablesText: string,
  texts: readonly string[] | null,
  scopes: readonly Scope[],
) => Promise<SubgraphResponse>

/** Entities that a requester asks for: the representation of each once, and for each path the index of what stands there. */
export interface WantedEntities {
  texts: string[]
  slots: number[]
}

/** Fetches of one fetch node of a plan, each for one requester or for several. */
export interface SharedFetches<Scope> {
  /** @returns what the subgraph would have given to this requester alone. @param wanted null for a fetch without entities. */
  fetch(
    scopeKey: string | null,
    scope: Scope,
    variablesText: string,
    wanted: WantedEntities | null,
  ): Promise<SubgraphResponse>
}

interface Member<Scope> {
  scope: Scope
  variablesText: string
  wanted: WantedEntities | null
  resolve(response: SubgraphResponse): void
  reject(error: unknown): void
}

const MAX_REPRESENTATIONS = 500

/**
 * Lets requesters of the same scope and variables share fetches.
 * @param isFinal when nothing will be merged into the responses.
 */
export function createSharedFetches<Scope>(send: SendFetch<Scope>, isFinal: boolean): SharedFetches<Scope> {
  const coalescer = createCoalescer<Member<Scope>>(
    fetchFor,
    ({ wanted }) => wanted?.texts.length ?? 0,
    MAX_REPRESENTATIONS,
  )

  return {
    fetch(scopeKey, scope, variablesText, wanted) {
      if (scopeKey === null && wanted === null) return send(variablesText, null, [scope])
      return new Promise((resolve, reject) => {
        const member = { scope, variablesText, wanted, resolve, reject }
        if (scopeKey === null) void fetchFor([member])
        // The length keeps the one from reaching into the other.
        else coalescer.add(`${scopeKey.length} ${scopeKey}${variablesText}`, member)
      })
    },
  }

  /** Resolves when the response is there; all that is done with it comes after. */
  function fetchFor(members: readonly Member<Scope>[]): Promise<unknown> {
    const [first] = members as [Member<Scope>]
    const { texts, requesters } = combine(members.map(({ wanted }) => wanted))
    const scopes = members.map(({ scope }) => scope)
    const pending = send(first.variablesText, texts, scopes)
    pending
      .then((response) => {
        divideResponse(response, requesters, texts && texts.length, isFinal).forEach((share, index) => {
          const member = members[index] as Member<Scope>
          if (share !== AMBIGUOUS) member.resolve(share)
          // Nobody can tell whose fault that response is: each requester gets a fetch of their own.
          else void fetchFor([member])
        })
      })
      .catch((error: unknown) => {
        for (const { reject } of members) reject(error)
      })
    return pending
  }
}

/** What all of them want, each representation once, and where in it each requester finds theirs. */
function combine(wanted: readonly (WantedEntities | null)[]): {
  texts: string[] | null
  requesters: EntitySlots[]
} {
  const [first] = wanted
  if (!first) return { texts: null, requesters: wanted.map(() => ({ slots: [] })) }
  if (wanted.length === 1) return { texts: first.texts, requesters: [first] }
  const indexes = new Map<string, number>()
  const requesters = wanted.map((one) => {
    const combined = one?.texts.map((text) => {
      const index = indexes.get(text) ?? indexes.size
      indexes.set(text, index)
      return index
    })
    return { slots: one?.slots.map((slot) => combined?.[slot] as number) ?? [] }
  })
  return { texts: [...indexes.keys()], requesters }
}
