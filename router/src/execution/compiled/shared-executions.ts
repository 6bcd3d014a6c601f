import { createCoalescer } from '@karcis/kit/coalescing'
import type { CompiledRequest, Run } from './run.ts'

/** Runs an operation; for requests of the same scope and variables that came at the same time, only once (single-flight). */
export type SharedExecutions = (request: CompiledRequest<unknown>) => Promise<Run>

interface Member {
  request: CompiledRequest<unknown>
  resolve(run: Run): void
  reject(error: unknown): void
}

/**
 * What everybody asks for at the same moment, such as the page of an event that goes on sale, is executed and written once
 * for all.
 * @param start must give a run that nobody changes afterwards; it learns whether the run is shared.
 */
export function createSharedExecutions(
  start: (request: CompiledRequest<unknown>, isShared: boolean) => Promise<Run>,
): SharedExecutions {
  const coalescer = createCoalescer<Member>(runOnce, () => 0, 1)

  return (request) => {
    const { scopeKey, variables } = request
    if (scopeKey === null) return start(request, false)
    return new Promise((resolve, reject) => {
      // All that a run makes of its variables is this text, and the booleans in it.
      const key = `${scopeKey.length} ${scopeKey}${JSON.stringify(variables)}`
      coalescer.add(key, { request, resolve, reject })
    })
  }

  async function runOnce(members: readonly Member[]): Promise<void> {
    try {
      const run = await start(requestOf(members), true)
      for (const { resolve } of members) resolve(run)
    } catch (error) {
      for (const { reject } of members) reject(error)
    }
  }
}

/** The request that is executed for all of them. */
function requestOf(members: readonly Member[]): CompiledRequest<unknown> {
  const [{ request }] = members as [Member]
  if (members.length === 1) return request
  const scopes = members.map((member) => member.request.scope)
  return { ...request, scope: request.joinScopes?.(scopes) ?? request.scope }
}
