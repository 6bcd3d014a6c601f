import type { Attendance } from '@karcis/kit/contracts/attendance'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { findAttendance } from '../check-ins/check-in-store.ts'

const schema = z.object({ eventId: idSchema, userId: idSchema })

/** Whether somebody was at an event. For the event subgraph, whose reviews are of who was there. @throws BadUserInput */
export const readAttendance = ({ db }: Deps, input: unknown): Promise<Attendance> =>
  findAttendance(db, parseInput(schema, input, 'filter'))
