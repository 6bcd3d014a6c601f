import { type Answer, divide, UNCLEAR } from './shares.ts'

/** Sends one call: representations as JSON texts, or null for a call without any. */
export type Send<Scope> = (
  variablesText: string,
  texts: readonly string[] | null,
  scope: Scope,
) => Promise<Answer>

/** Calls of one fetch node of a plan. */
export interface JointCalls<Scope> {
  /**
   * @param texts one representation per place, repeated ones too; null for a call without any.
   * @returns what the subgraph would have answered to this requester alone.
   */
  ask(
    scopeKey: string | null,
    scope: Scope,
    variablesText: string,
    texts: readonly string[] | null,
  ): Promise<Answer>
}

/** What several requesters want to know of a subgraph, each representation once. */
interface Call<Scope> {
  texts: string[] | null
  indexes: Map<string, number>
  members: Member<Scope>[]
}

interface Member<Scope> {
  scope: Scope
  texts: readonly string[] | null
  /** Where each of its representations stands in the call. */
  slots: number[]
  resolve(answer: Answer): void
  reject(error: unknown): void
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
 */
export function createJointCalls<Scope>(send: Send<Scope>): JointCalls<Scope> {
  const lines = new Map<string, Line<Scope>>()

  return {
    ask(scopeKey, scope, variablesText, texts) {
      return new Promise((resolve, reject) => {
        const member: Member<Scope> = { scope, texts, slots: [], resolve, reject }
        if (scopeKey === null) return deliver(callOf(member), variablesText, () => {})
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
  function deliver(call: Call<Scope>, variablesText: string, free: () => void): void {
    const [first] = call.members as [Member<Scope>]
    send(variablesText, call.texts, first.scope).then(
      (answer) => {
        free()
        settle(call, answer, variablesText)
      },
      (error: unknown) => {
        free()
        for (const { reject } of call.members) reject(error)
      },
    )
  }

  function settle({ members, texts }: Call<Scope>, answer: Answer, variablesText: string): void {
    divide(answer, members, texts && texts.length).forEach((share, index) => {
      const member = members[index] as Member<Scope>
      if (share !== UNCLEAR) member.resolve(share)
      // Nobody can tell whose fault that answer is: let everybody have their own.
      else deliver(callOf({ ...member, slots: [] }), variablesText, () => {})
    })
  }
}

function callOf<Scope>(member: Member<Scope>): Call<Scope> {
  const call: Call<Scope> = { texts: member.texts && [], indexes: new Map(), members: [] }
  join(call, member)
  return call
}

function join<Scope>(call: Call<Scope>, member: Member<Scope>): void {
  call.members.push(member)
  for (const text of member.texts ?? []) {
    let index = call.indexes.get(text)
    if (index === undefined) {
      index = call.indexes.size
      call.indexes.set(text, index)
      call.texts?.push(text)
    }
    member.slots.push(index)
  }
}
