import { transaction } from '@karcis/kit/database'
import { BadUserInput } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { areUnique, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import {
  type DoorPolicy,
  findDoorPolicy,
  replaceAdmissionRules,
  type TicketTypeRule,
  updateReentry,
} from '../check-ins/door-policy-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'

const MOST_GATES = 50
/** As long as an event can be. */
const MOST_DAYS = 32

const TWICE = 'must name each only once'

const admissionSchema = z
  .object({
    ticketTypeId: idSchema,
    gates: z.array(nameSchema(60)).min(1).max(MOST_GATES).refine(areUnique, TWICE).nullish(),
    days: z.array(z.int().min(1).max(MOST_DAYS)).min(1).refine(areUnique, TWICE).nullish(),
  })
  .refine(({ gates, days }) => gates != null || days != null, 'must name gates or days')

const policySchema = z.object({
  eventId: idSchema,
  reentry: z.boolean().optional(),
  admissions: z
    .array(admissionSchema)
    .max(100)
    .refine(
      (rules) => areUnique(rules.map(({ ticketTypeId }) => ticketTypeId)),
      'must name each type only once',
    )
    .optional(),
})

/** How an event of the viewer's admits. @throws Forbidden, NotFound, BadUserInput. */
export async function readDoorPolicy(deps: Deps, viewer: Viewer, id: string): Promise<DoorPolicy> {
  const eventId = parseInput(idSchema, id, 'eventId')
  await requireDuty(deps, viewer, eventId, 'KNOW_DOOR')
  return findDoorPolicy(deps.db, eventId)
}

/**
 * Changes how an event of the viewer's admits; what is left out stays. It counts from the next scan on.
 * @throws Forbidden, NotFound, BadUserInput (also: a ticket type of another event), ServiceUnavailable.
 */
export async function setDoorPolicy(deps: Deps, viewer: Viewer, input: unknown): Promise<DoorPolicy> {
  const { eventId, reentry, admissions } = parseInput(policySchema, input)
  await requireDuty(deps, viewer, eventId, 'EDIT')
  return transaction(deps.db, async (tx) => {
    const before = await findDoorPolicy(tx, eventId)
    await updateReentry(tx, eventId, reentry ?? before.reentry)
    if (admissions) await replaceRules(tx, eventId, admissions.map(toRule))
    return findDoorPolicy(tx, eventId)
  })
}

const toRule = ({ ticketTypeId, gates, days }: z.infer<typeof admissionSchema>): TicketTypeRule => ({
  ticketTypeId,
  gates: gates ?? null,
  days: days ?? null,
})

/** @throws BadUserInput naming the types that are not the event's. */
async function replaceRules(tx: Tx, eventId: string, rules: readonly TicketTypeRule[]): Promise<void> {
  const written = new Set(await replaceAdmissionRules(tx, eventId, rules))
  const strange = rules.flatMap(({ ticketTypeId }, at) => (written.has(ticketTypeId) ? [] : [at]))
  if (strange.length === 0) return
  throw new BadUserInput(
    strange.map((at) => ({
      path: `input.admissions.${at}.ticketTypeId`,
      message: 'is no ticket type of this event',
    })),
  )
}
