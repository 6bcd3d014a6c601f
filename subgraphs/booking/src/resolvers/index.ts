import { DateTime, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { bookings } from './bookings.ts'
import { payments } from './payments.ts'
import { wallet } from './wallet.ts'

export const resolvers: Resolvers = {
  ...bookings,
  ...payments,
  ...wallet,
  DateTime,
  Money,
  Mutation: { ...bookings.Mutation, ...payments.Mutation },
  Query: { ...bookings.Query, ...wallet.Query },
  User: { ...bookings.User, ...wallet.User },
}
