import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { findPersonalData } from '../events/event-store.ts'

/** What is kept here of a user, as JSON. @throws BadUserInput */
export const personalDataOfEvents = (deps: Deps, userId: string): Promise<string> =>
  findPersonalData(deps.db, parseInput(idSchema, userId, 'userId'))
