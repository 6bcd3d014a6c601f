import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { findPersonalData } from '../tickets/ticket-store.ts'

/** What is kept here of a user, as JSON. @throws BadUserInput */
export const personalDataOfTickets = ({ db }: Pick<Deps, 'db'>, userId: string): Promise<string> =>
  findPersonalData(db, parseInput(idSchema, userId, 'userId'))
