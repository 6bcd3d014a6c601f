import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime, Money } from '@karcis/kit/scalars'
import { TooManyChanges } from '../domain/errors.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'
import { attendees } from './attendees.ts'
import { bookings } from './bookings.ts'
import { cart } from './cart.ts'
import { events } from './events.ts'
import { fees } from './fees.ts'
import { invoices } from './invoices.ts'
import { manual } from './manual.ts'
import { payments } from './payments.ts'
import { payouts } from './payouts.ts'
import { promos } from './promos.ts'
import { refunds } from './refunds.ts'
import { sales } from './sales.ts'
import { wallet } from './wallet.ts'
import { webhooks } from './webhooks.ts'

/** How many changes one request may ask for, by aliases too. Each locks rows and asks other subgraphs. */
const MAX_CHANGES = 10

const joined = joinResolvers<Resolvers>(
  { DateTime, Money },
  attendees,
  bookings,
  cart,
  events,
  fees,
  invoices,
  manual,
  payments,
  payouts,
  promos,
  refunds,
  sales,
  wallet,
  webhooks,
)

export const resolvers: Resolvers = { ...joined, Mutation: limitChanges(joined.Mutation ?? {}) }

/** The same mutations, of which one request is given no more than `MAX_CHANGES`. */
function limitChanges<Mutations extends object>(mutations: Mutations): Mutations {
  type Resolve = (parent: unknown, args: unknown, ctx: Context, info: unknown) => unknown
  const limited = Object.entries(mutations).map(([name, resolve]) => {
    const counted: Resolve = (parent, args, ctx, info) => {
      ctx.changes += 1
      if (ctx.changes > MAX_CHANGES) throw new TooManyChanges(MAX_CHANGES)
      return (resolve as Resolve)(parent, args, ctx, info)
    }
    return [name, counted]
  })
  return Object.fromEntries(limited)
}
