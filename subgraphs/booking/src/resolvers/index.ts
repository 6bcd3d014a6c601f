import { joinResolvers } from '@karcis/kit/resolvers'
import { DateTime, Money } from '@karcis/kit/scalars'
import type { Resolvers } from '../generated/resolvers-types.ts'
import { bookings } from './bookings.ts'
import { payments } from './payments.ts'
import { wallet } from './wallet.ts'

export const resolvers = joinResolvers<Resolvers>({ DateTime, Money }, bookings, payments, wallet)
