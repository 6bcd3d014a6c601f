import { transaction } from '@karcis/kit/database'
import { Forbidden } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import { findInstructions, upsertInstructions } from './manual-store.ts'

/** Whether buyers may pay an organizer themself, and how. */
export interface ManualTerms {
  /** Null for all events of an organizer. */
  eventId: string | null
  /** Null where it is switched off. */
  instructions: string | null
}

const termsInput = z.object({ eventId: idSchema.nullish(), instructions: textSchema(2_000).nullish() })

/**
 * Lets buyers of an event, or of all events of the viewer, pay the organizer themself; or ends that, without instructions.
 * @throws Forbidden, BadUserInput.
 */
export async function setManualTerms(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<ManualTerms> {
  const { eventId = null, instructions = null } = parseInput(termsInput, rawInput)
  const scopeId = await scopeOf(deps, viewer, eventId)
  await transaction(deps.db, (tx) => upsertInstructions(tx, scopeId, instructions))
  return { eventId, instructions }
}

/** What was said of an event, or of all events of the viewer; null where nothing was. @throws Forbidden, BadUserInput. */
export async function viewManualTerms(
  deps: Deps,
  viewer: Viewer,
  rawEventId: string | null | undefined,
): Promise<ManualTerms | null> {
  const eventId = rawEventId == null ? null : parseInput(idSchema, rawEventId, 'eventId')
  const instructions = await findInstructions(deps.db, await scopeOf(deps, viewer, eventId))
  return instructions === undefined ? null : { eventId, instructions }
}

async function scopeOf(deps: Deps, viewer: Viewer, eventId: string | null): Promise<string> {
  const may = eventId === null ? viewer.role === 'ORGANIZER' : await mayDo(deps, viewer, eventId, 'OWN')
  if (!may) throw new Forbidden('Only who organizes an event says how it is paid.')
  return eventId ?? viewer.id
}
