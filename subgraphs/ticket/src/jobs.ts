import { defineJob } from '@karcis/kit/jobs'
import { retention } from '@karcis/kit/retention'
import { z } from 'zod'
import { announceSaleMoment, sweepSaleMoments } from './domain/allocation/follow-event.ts'
import { expireHold, sweepHolds } from './domain/allocation/bound-hold-ender.ts'
import { tellOfAlmostSoldOut } from './domain/allocation/almost-sold-out.ts'
import { sweepWaitlists } from './domain/allocation/offers.ts'
import type { Deps } from './domain/deps.ts'

/** Ends one hold at its time. Enqueued by SQL beside the hold's row (hold-store.ts, bound-hold-store.ts). */
export const expireHoldJob = defineJob({
  name: 'expire-hold',
  schema: z.object({ holdId: z.uuid() }),
  async run(deps: Deps, { holdId }) {
    await expireHold(deps, holdId)
  },
})

/** Tells watchers of a sale that has begun or ended by time. Enqueued by SQL where such a moment is set (sale-moment-store.ts). */
export const announceSaleMomentJob = defineJob({
  name: 'announce-sale-moment',
  schema: z.object({ eventId: z.uuid() }),
  async run(deps: Deps, { eventId }) {
    await announceSaleMoment(deps, eventId)
  },
})

/** Every minute: announces what such a job has not, because it was lost. */
export const sweepSaleMomentsJob = defineJob({
  name: 'sweep-sale-moments',
  schema: z.object({}),
  run: (deps: Deps) => sweepSaleMoments(deps),
})

/** Every minute: ends the holds whose job was lost, and asks again about those that bookings kept. */
export const sweepHoldsJob = defineJob({
  name: 'sweep-holds',
  schema: z.object({}),
  async run(deps: Deps) {
    await sweepHolds(deps)
  },
})

/** Every minute: what could be offered to nobody on a waitlist when it came back, and the ends of sales. */
export const sweepWaitlistsJob = defineJob({
  name: 'sweep-waitlists',
  schema: z.object({}),
  run: (deps: Deps) => sweepWaitlists(deps),
})

/** Every minute: of which events few tickets are left. */
export const tellOfAlmostSoldOutJob = defineJob({
  name: 'tell-of-almost-sold-out',
  schema: z.object({}),
  run: (deps: Deps) => tellOfAlmostSoldOut(deps),
})

/** For how long a person's counter stays that is back at zero: whoever has just given up mostly takes again, and then finds it. */
const EMPTY_DAYS = 1

/** That nobody is admitted twice with one place must be known for as long as Redis may still have that place. */
const ADMISSION_DAYS = 30

/**
 * What has come to its end and is needed by nothing. Tickets, seats and ticket types stay, and with them what their owners have of a
 * type, until somebody gives it back.
 */
export const retentions = [
  retention<Deps>({
    name: 'forget-holds',
    table: 'holds',
    since: 'closed_at',
    keepForDays: ({ settings }) => settings.HOLD_RETENTION_DAYS,
  }),
  retention<Deps>({
    name: 'forget-empty-allowances',
    table: 'allowances',
    since: 'emptied_at',
    where: 'taken = 0',
    keepForDays: EMPTY_DAYS,
  }),
  retention<Deps>({
    name: 'forget-empty-open-places',
    table: 'open_places',
    since: 'emptied_at',
    where: 'taken = 0',
    keepForDays: EMPTY_DAYS,
  }),
  retention<Deps>({
    name: 'forget-access-code-guesses',
    table: 'access_code_guesses',
    since: 'window_ends_at',
    keepForDays: 0,
  }),
  retention<Deps>({
    name: 'forget-admissions',
    table: 'queue_admissions',
    since: 'expires_at',
    keepForDays: ADMISSION_DAYS,
  }),
  retention<Deps>({
    name: 'forget-waitlist-entries',
    table: 'waitlist_entries',
    since: 'closed_at',
    keepForDays: ({ settings }) => settings.HOLD_RETENTION_DAYS,
  }),
]
