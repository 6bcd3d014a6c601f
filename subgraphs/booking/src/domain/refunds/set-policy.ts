import { transaction } from '@karcis/kit/database'
import { Forbidden } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { knownEvent, mayDo } from '../events/event-copy.ts'
import { insertPolicy } from './policy-store.ts'
import { DEFAULT_POLICY, type RefundPolicy } from './refund-policy.ts'

const MOST_TIERS = 10
/** A year. */
const MOST_HOURS = 8_760
const MOST_REVIEW_HOURS = 720

const within = (least: number, most: number) =>
  z.int().min(least, `must be from ${least} to ${most}`).max(most, `must be from ${least} to ${most}`)

const tierInput = z.object({ hoursBeforeStart: within(0, MOST_HOURS), percent: within(1, 100) })

const orDefault = <Key extends 'approval' | 'reviewHours' | 'whenUndecided' | 'feesKept'>(
  schema: z.ZodType<RefundPolicy[Key]>,
  key: Key,
) => schema.nullish().transform((value): RefundPolicy[Key] => value ?? DEFAULT_POLICY[key])

const setRefundPolicyInput = z
  .object({
    eventId: idSchema,
    tiers: z.array(tierInput).max(MOST_TIERS, `must be at most ${MOST_TIERS}`),
    approval: orDefault(z.enum(['AUTOMATIC', 'ORGANIZER']), 'approval'),
    reviewHours: orDefault(within(1, MOST_REVIEW_HOURS), 'reviewHours'),
    whenUndecided: orDefault(z.enum(['APPROVE', 'REJECT']), 'whenUndecided'),
    feesKept: orDefault(z.boolean(), 'feesKept'),
  })
  .transform((input) => ({
    ...input,
    tiers: input.tiers.toSorted((a, b) => b.hoursBeforeStart - a.hoursBeforeStart),
  }))
  .superRefine(({ tiers }, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', path: ['tiers'], message })
    const pairs = tiers.slice(1).map((tier, at) => [tiers[at] as (typeof tiers)[number], tier] as const)
    if (pairs.some(([a, b]) => a.hoursBeforeStart === b.hoursBeforeStart))
      problem('must each be of another number of hours')
    else if (pairs.some(([earlier, later]) => earlier.percent < later.percent))
      problem('must not give more the later it is')
  })

/**
 * Says what buyers of an event get back, for its organizer or an admin. It holds for bookings from now on; for earlier ones only where it is
 * better for the buyer.
 * @returns it. @throws Forbidden, NotFound, BadUserInput; ServiceUnavailable while the event cannot be looked up.
 */
export async function setRefundPolicy(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<RefundPolicy> {
  const { eventId, ...policy } = parseInput(setRefundPolicyInput, rawInput)
  if (!(await mayDo(deps, viewer, eventId, 'OWN')))
    throw new Forbidden('Only its organizer says what of an event goes back.')
  await knownEvent(deps, eventId)
  await transaction(deps.db, (tx) => insertPolicy(tx, newId(), eventId, viewer.id, policy))
  return policy
}
