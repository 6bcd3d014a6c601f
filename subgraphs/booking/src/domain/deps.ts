import { retryTransient } from '@karcis/kit/database'
import type { Change, Live } from '@karcis/kit/live'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { BookingSettings } from '../env.ts'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'
import type { TicketService } from './ticket-service.ts'

export type Db = PrismaClient

/** An open transaction; a write asks for one, so forgetting it does not compile. */
export type Tx = Prisma.TransactionClient

/** What the use cases of booking can reach. */
export interface Deps extends BaseDeps<Db> {
  settings: Pick<BookingSettings, 'SIGNUP_GRANT_IDR' | 'PAYMENT_MARGIN_SECONDS'>
  live: Live<Change>
  tickets: TicketService
}

/** Runs one transaction, again where Postgres broke it off for another's sake. */
export const transaction = <T>(deps: { db: Db }, run: (tx: Tx) => Promise<T>): Promise<T> =>
  retryTransient(() => deps.db.$transaction(run))
