import type { Viewer } from '@karcis/kit/service-token'
import type { Check } from './access-rules.ts'

/** On what an answer of the access rules depends: who asks counts by role only. Null: nobody signed in. */
export type Role = Viewer['role'] | null

export type Refusal = 'UNAUTHENTICATED' | 'FORBIDDEN'

const SCOPES: Record<Viewer['role'], string[]> = {
  ADMIN: ['admin', 'organizer', 'customer'],
  ORGANIZER: ['organizer', 'customer'],
  CUSTOMER: ['customer'],
}

/** Why a role may not pass the checks; null when it may. */
export function refusalOf(checks: Check[], role: Role): Refusal | null {
  if (checks.length === 0) return null
  if (!role) return 'UNAUTHENTICATED'
  return checks.every((check) => passes(check, SCOPES[role])) ? null : 'FORBIDDEN'
}

function passes(check: Check, scopes: string[]): boolean {
  if (check.kind === 'authenticated') return true
  if (check.kind === 'scopes') return check.anyOf.some((all) => all.every((scope) => scopes.includes(scope)))
  return false
}
