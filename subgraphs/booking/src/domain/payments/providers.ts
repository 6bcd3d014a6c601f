import type { BookingSettings } from '../../env.ts'
import { createMidtransProvider } from './midtrans.ts'
import type { ExternalProvider, LedgerProvider, PaymentProvider } from './provider.ts'
import { createWalletProvider } from './wallet.ts'

/** The names of the ways to pay, as clients and the payments table have them. */
export const PAYMENT_METHODS = ['WALLET', 'MIDTRANS'] as const

export type PaymentMethod = (typeof PAYMENT_METHODS)[number]

/** The ways to pay that are offered, by name. */
export type PaymentProviders = { WALLET: LedgerProvider } & { [Method in PaymentMethod]?: PaymentProvider }

/** Those for which there is a key, and the wallet. */
export const createProviders = (
  settings: Pick<BookingSettings, 'MIDTRANS_SERVER_KEY' | 'MIDTRANS_SNAP_URL' | 'MIDTRANS_API_URL'>,
): PaymentProviders => ({
  WALLET: createWalletProvider(),
  ...(settings.MIDTRANS_SERVER_KEY !== undefined && {
    MIDTRANS: createMidtransProvider({
      serverKey: settings.MIDTRANS_SERVER_KEY,
      snapUrl: settings.MIDTRANS_SNAP_URL,
      apiUrl: settings.MIDTRANS_API_URL,
    }),
  }),
})

/** Of a payment that was made there. @throws Error when it is not offered any more: its key is needed as long as money may go back. */
export function externalProvider(providers: PaymentProviders, method: PaymentMethod): ExternalProvider {
  const provider: PaymentProvider | undefined = providers[method]
  if (provider?.kind === 'EXTERNAL') return provider
  throw new Error(`a payment was made by ${method}, which has no key in the settings`)
}

/** The ways to pay that take a currency, an ISO 4217 code. */
export const methodsFor = (providers: PaymentProviders, currency: string): PaymentMethod[] =>
  PAYMENT_METHODS.filter((method) => providers[method]?.charges(currency))

/** ISO 4217 codes of the currencies that some way to pay takes. */
export const chargeableCurrencies = (providers: PaymentProviders): string[] =>
  Intl.supportedValuesOf('currency').filter((currency) => methodsFor(providers, currency).length > 0)
