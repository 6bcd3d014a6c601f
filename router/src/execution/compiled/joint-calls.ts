import { type Answer, divide, type Seat, UNCLEAR } from './shares.ts'

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
  wanted: Wanted | null
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** What several requesters want to know of a subgraph, each representation once. */
interface Call<Scope> {
  members: Member<Scope>[]
  texts: string[] | null
  /** By text; only made for a second member. */
  indexes: Map<string, number> | null
  seats: Seat[]
}

/** Calls of the same scope and variables. */
interface Line<Scope> {
  underWay: number
  next: Call<Scope> | null
  timer: NodeJS.Timeout | undefined
}

const PATIENCE_MS = 10 // a slow call delays those behind it by this much and no more
const MAX_REPRESENTATIONS = 500

/**
 * Batches adaptively: a call goes out at once when none is under way; those who ask meanwhile form the next one together.
 * Without load nobody waits, and under load calls grow instead of becoming more.
 *
 * Nobody is given an answer to a call that was sent before they asked, although that would save more: a client that reads
 * after its own write, or after news of one, must not be told what was true before.
 * @param isFinal when nothing will be merged into the answers.
 */
export function createJointCalls<Scope>(send: Send<Scope>, isFinal: boolean): JointCalls<Scope> {
  const lines = new Map<string, Line<Scope>>()

  return {
    ask(scopeKey, scope, variablesText, wanted) {
      return new Promise((resolve, reject) => {
        const member: Member<Scope> = { scope, wanted, resolve, reject }
        if (scopeKey === null) return deliver(callOf(member), variablesText, null)
        const key = `${scopeKey.length} ${scopeKey}${variablesText}` // the length keeps one from reaching into the other
        const line = lines.get(key)
        if (line) wait(line, key, member, variablesText)
        else {
          const opened = { underWay: 0, next: null, timer: undefined }
          lines.set(key, opened)
          launch(opened, key, callOf(member), variablesText)
        }
      })
    },
  }

  function wait(line: Line<Scope>, key: string, member: Member<Scope>, variablesText: string): void {
    if (line.next) join(line.next, member)
    else {
      line.next = callOf(member)
      line.timer = setTimeout(launchNext, PATIENCE_MS, line, key, variablesText)
    }
    if ((line.next.texts?.length ?? 0) >= MAX_REPRESENTATIONS) launchNext(line, key, variablesText)
  }

  function launchNext(line: Line<Scope>, key: string, variablesText: string): void {
    const call = line.next
    if (!call) return
    clearTimeout(line.timer)
    line.next = null
    launch(line, key, call, variablesText)
  }

  function launch(line: Line<Scope>, key: string, call: Call<Scope>, variablesText: string): void {
    line.underWay += 1
    deliver(call, variablesText, () => {
      line.underWay -= 1
      launchNext(line, key, variablesText)
      if (line.underWay === 0) lines.delete(key)
    })
  }

  /** @param free runs when the answer is there, before anyone is given it: the next call should not wait for that. */
  function deliver(call: Call<Scope>, variablesText: string, free: (() => void) | null): void {
    const [first] = call.members as [Member<Scope>]
    const fail = (error: unknown): void => {
      for (const { reject } of call.members) reject(error)
    }
    const answered = send(variablesText, call.texts, first.scope)
    if (free) answered.then(free, free)
    answered.then((answer) => settle(call, answer, variablesText)).catch(fail)
  }

  function settle({ members, texts, seats }: Call<Scope>, answer: Answer, variablesText: string): void {
    divide(answer, seats, texts && texts.length, isFinal).forEach((share, index) => {
      const member = members[index] as Member<Scope>
      if (share !== UNCLEAR) member.resolve(share)
      // Nobody can tell whose fault that answer is: let everybody have their own.
      else deliver(callOf(member), variablesText, null)
    })
  }
}

const callOf = <Scope>(member: Member<Scope>): Call<Scope> => ({
  members: [member],
  texts: member.wanted && member.wanted.texts,
  indexes: null,
  seats: [{ slots: member.wanted?.slots ?? [] }],
})

function join<Scope>(call: Call<Scope>, member: Member<Scope>): void {
  call.members.push(member)
  const { texts, slots } = member.wanted ?? { texts: [], slots: [] }
  // A copy: the first member's own list must stay as it is, should everybody be asked for again.
  if (call.indexes === null && call.texts) call.texts = [...call.texts]
  call.indexes ??= new Map(call.texts?.map((text, index) => [text, index]))
  const indexes = texts.map((text) => {
    const known = call.indexes?.get(text)
    if (known !== undefined) return known
    const index = (call.texts?.push(text) ?? 0) - 1
    call.indexes?.set(text, index)
    return index
  })
  call.seats.push({ slots: slots.map((slot) => indexes[slot] as number) })
}
