import { transaction } from '@karcis/kit/database'
import { BadUserInput, Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, moneySchema, nameSchema, NOT_NULL, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import type { FeeKind, FeeTerms } from './fee.ts'
import { ALL_EVENTS, findFees, updateFees } from './fee-store.ts'

/** How many lines of each kind there may be. */
const MOST_LINES = 5

const pointsMessage = 'must be from 0 to 10000'

const lineShape = {
  name: nameSchema(60),
  basisPoints: z
    .int()
    .min(0, pointsMessage)
    .max(10_000, pointsMessage)
    .nullish()
    .transform((points) => points ?? 0),
  perPlace: moneySchema.nullish().transform((amount) => amount ?? 0),
  currency: currencySchema.nullish().transform((currency) => currency ?? null),
  inclusive: z
    .boolean()
    .nullish()
    .transform((inclusive) => inclusive ?? false),
}

/** Lines of one kind. @param taxed whether tax is taken of them where nothing else is said. */
const linesOf = (kind: FeeKind) =>
  z
    .array(
      z
        .object({
          ...lineShape,
          taxed: z
            .boolean()
            .nullish()
            .transform((taxed) => taxed ?? kind === 'ORGANIZER_FEE'),
        })
        .superRefine(({ basisPoints, perPlace, currency }, context) => {
          const problem = (path: string, message: string) =>
            context.addIssue({ code: 'custom', path: [path], message })
          if (basisPoints === 0 && perPlace === 0) problem('basisPoints', 'or perPlace must be more than 0')
          if (perPlace > 0 && currency === null) problem('currency', 'is needed with perPlace')
          if (perPlace === 0 && currency !== null) problem('currency', 'is for perPlace only')
        })
        .transform((line): FeeTerms => ({ ...line, kind })),
    )
    .max(MOST_LINES, `must be at most ${MOST_LINES}`)

const notNull = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value, context) => {
    if (value !== null) return value
    context.addIssue({ code: 'custom', message: NOT_NULL })
    return undefined
  }, schema.optional())

const setFeesInput = z.object({
  eventId: idSchema,
  platformFees: linesOf('PLATFORM_FEE').nullish(),
  organizerFees: notNull(linesOf('ORGANIZER_FEE')),
  taxes: notNull(linesOf('TAX')),
})

const setPlatformFeesInput = z.object({ fees: linesOf('PLATFORM_FEE') })

/**
 * Says what the bookings of an event are charged from now on; those that are made keep their price. The platform's fees are an admin's to
 * set, all others the organizer's too.
 * @returns the event's id. @throws Forbidden, BadUserInput; ServiceUnavailable where a currency cannot be compared with the event's.
 */
export async function setFees(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<{ id: string }> {
  const { eventId, ...change } = parseInput(setFeesInput, rawInput)
  if (!(await mayDo(deps, viewer, eventId, 'OWN')))
    throw new Forbidden('Only its organizer sets the fees of an event.')
  if (change.platformFees !== undefined) requireAdmin(viewer)
  await checkCurrencies(deps, viewer, eventId, change)
  await transaction(deps.db, (tx) => updateFees(tx, eventId, change, viewer.id))
  return { id: eventId }
}

/** An admin says what the platform charges where nothing else is set for an event. @returns it. @throws Forbidden, BadUserInput. */
export async function setPlatformFees(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<FeeTerms[]> {
  requireAdmin(viewer)
  const { fees } = parseInput(setPlatformFeesInput, rawInput)
  await transaction(deps.db, (tx) => updateFees(tx, ALL_EVENTS, { platformFees: fees }, viewer.id))
  return viewPlatformFees(deps, viewer)
}

/** What the platform charges where nothing else is set for an event. @throws Forbidden unless the viewer is an admin. */
export async function viewPlatformFees({ db }: Deps, viewer: Viewer): Promise<FeeTerms[]> {
  requireAdmin(viewer)
  return (await findFees(db, ALL_EVENTS)).terms
}

function requireAdmin({ role }: Viewer): void {
  if (role !== 'ADMIN') throw new Forbidden('Only an admin sets the fees of the platform.')
}

/** Fixed amounts are in the event's currency: in another they would never be charged. */
async function checkCurrencies(
  { tickets }: Deps,
  viewer: Viewer,
  eventId: string,
  change: Record<string, FeeTerms[] | null | undefined>,
): Promise<void> {
  const given = Object.entries(change).flatMap(([field, lines]) =>
    (lines ?? []).map(({ currency }, at) => ({ path: `input.${field}.${at}.currency`, currency })),
  )
  if (given.every(({ currency }) => currency === null)) return
  const [own] = (await tickets.typesOfEvent(viewer, eventId)).values()
  const wrong = given.filter(({ currency }) => currency !== null && own !== undefined && currency !== own)
  if (wrong.length > 0)
    throw new BadUserInput(
      wrong.map(({ path }) => ({ path, message: `must be ${own}, the currency of the event` })),
    )
}
