import { DateTime, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { Booking, BookingItem, WalletEntry } from './booking.ts'
import { Mutation } from './mutation.ts'
import { Query } from './query.ts'
import { Subscription } from './subscription.ts'
import { User } from './user.ts'

export const resolvers: Resolvers = {
  DateTime,
  Money,
  Query,
  Mutation,
  Subscription,
  Booking,
  BookingItem,
  WalletEntry,
  User,
}
