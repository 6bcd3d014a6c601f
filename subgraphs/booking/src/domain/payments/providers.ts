import type { BookingSettings } from '../../env.ts'
import type { PaymentProvider } from './provider.ts'
import { createWalletProvider } from './wallet.ts'

/** The names of the ways to pay, as clients and the payments table have them. */
export const PAYMENT_METHODS = ['WALLET'] as const

export type PaymentMethod = (typeof PAYMENT_METHODS)[number]

/** Every way to pay, by name. */
export const createProviders = ({ SIGNUP_GRANT_IDR }: Pick<BookingSettings, 'SIGNUP_GRANT_IDR'>) =>
  ({
    WALLET: createWalletProvider(SIGNUP_GRANT_IDR),
  }) satisfies Record<PaymentMethod, PaymentProvider>

export type PaymentProviders = ReturnType<typeof createProviders>
