import { createLines } from '@karcis/kit/coalescing'
import { divide, UNCLEAR } from './divide-response.ts'
import type { Answer } from './response.ts'

/** Sends one call: representations as JSON texts, or null for a call without any. */
export type Send<Scope> = (
  variablesText: string,
  texts: readonly string[] | null,
  scope: Scope,
) => Promise<Answer>

/** Entities that a requester asks for: the representation of each once, and for each place the index of what stands there. */
export interface Wanted {
  texts: string[]
  slots: number[]
}

/** Calls of one fetch node of a plan. */
export interface JointCalls<Scope> {
  /** @returns what the subgraph would have answered to this requester alone. Null asks without representations. */
  ask(scopeKey: string | null, scope: Scope, variablesText: string, wanted: Wanted | null): Promise<Answer>
}

interface Member<Scope> {
  scope: Scope
  variablesText: string
  wanted: Wanted | null
  resolve(answer: Answer): void
  reject(error: unknown): void
}

const MAX_REPRESENTATIONS = 500

/**
 * Lets requesters of the same scope and variables share calls.
 * @param isFinal when nothing will be merged into the answers.
 */
export function createJointCalls<Scope>(send: Send<Scope>, isFinal: boolean): JointCalls<Scope> {
  const lines = createLines<Member<Scope>>(
    deliver,
    ({ wanted }) => wanted?.texts.length ?? 0,
    MAX_REPRESENTATIONS,
  )

  return {
    ask(scopeKey, scope, variablesText, wanted) {
      if (scopeKey === null && wanted === null) return send(variablesText, null, scope)
      return new Promise((resolve, reject) => {
        const member = { scope, variablesText, wanted, resolve, reject }
        if (scopeKey === null) void deliver([member])
        // The length keeps the one from reaching into the other.
        else lines.enter(`${scopeKey.length} ${scopeKey}${variablesText}`, member)
      })
    },
  }

  /** Resolves when the answer is there; all that is done with it comes after. */
  function deliver(members: readonly Member<Scope>[]): Promise<unknown> {
    const [first] = members as [Member<Scope>]
    const { texts, seats } = jointly(members.map(({ wanted }) => wanted))
    const answered = send(first.variablesText, texts, first.scope)
    answered
      .then((answer) => {
        divide(answer, seats, texts && texts.length, isFinal).forEach((share, index) => {
          const member = members[index] as Member<Scope>
          if (share !== UNCLEAR) member.resolve(share)
          // Nobody can tell whose fault that answer is: let everybody have their own.
          else void deliver([member])
        })
      })
      .catch((error: unknown) => {
        for (const { reject } of members) reject(error)
      })
    return answered
  }
}

/** What all of them want, each representation once, and where in it each finds its own. */
function jointly(wanted: readonly (Wanted | null)[]): {
  texts: string[] | null
  seats: { slots: number[] }[]
} {
  const [first] = wanted
  if (!first) return { texts: null, seats: wanted.map(() => ({ slots: [] })) }
  if (wanted.length === 1) return { texts: first.texts, seats: [first] }
  const indexes = new Map<string, number>()
  const seats = wanted.map((one) => {
    const own = one?.texts.map((text) => {
      const index = indexes.get(text) ?? indexes.size
      indexes.set(text, index)
      return index
    })
    return { slots: one?.slots.map((slot) => own?.[slot] as number) ?? [] }
  })
  return { texts: [...indexes.keys()], seats }
}
