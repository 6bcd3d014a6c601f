import type { PaymentProvider } from './provider.ts'
import { createWalletProvider } from './wallet.ts'

/** The names of the ways to pay, as clients and the payments table have them. */
export const PAYMENT_METHODS = ['WALLET'] as const

export type PaymentMethod = (typeof PAYMENT_METHODS)[number]

/** Every way to pay, by name. */
export const createProviders = () =>
  ({
    WALLET: createWalletProvider(),
  }) satisfies Record<PaymentMethod, PaymentProvider>

export type PaymentProviders = ReturnType<typeof createProviders>

/** ISO 4217 codes of the currencies that some way to pay takes. */
export const chargeableCurrencies = (providers: PaymentProviders): string[] =>
  Intl.supportedValuesOf('currency').filter((currency) =>
    Object.values(providers).some((provider) => provider.charges(currency)),
  )
