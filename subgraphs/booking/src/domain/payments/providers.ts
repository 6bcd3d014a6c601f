import type { Logger } from '@karcis/kit/log'
import type { BookingSettings } from '../../env.ts'
import { guardProvider } from './breaker.ts'
import { createManualProvider } from './manual.ts'
import { createMidtransProvider } from './midtrans.ts'
import type { ExternalProvider, LedgerProvider, PaymentProvider } from './provider.ts'
import { createStripeProvider } from './stripe.ts'
import { createWalletProvider } from './wallet.ts'
import { createXenditProvider } from './xendit.ts'

/** The names of the ways to pay, as clients and the payments table have them. */
export const PAYMENT_METHODS = ['WALLET', 'MIDTRANS', 'STRIPE', 'XENDIT', 'MANUAL'] as const

export type PaymentMethod = (typeof PAYMENT_METHODS)[number]

/** The ways to pay that are offered, by name. */
export type PaymentProviders = { WALLET: LedgerProvider } & { [Method in PaymentMethod]?: PaymentProvider }

type Outside = { [Method in Exclude<PaymentMethod, 'WALLET'>]?: ExternalProvider }

type ProviderSettings = Pick<
  BookingSettings,
  Extract<keyof BookingSettings, `${'MIDTRANS' | 'STRIPE' | 'XENDIT' | 'MANUAL' | 'PROVIDER'}_${string}`>
>

/** Those for which there are keys, each behind a circuit breaker; the wallet; and organizers themselves, where they say so. */
export function createProviders(settings: ProviderSettings, log: Logger): PaymentProviders {
  const timeoutMs = settings.PROVIDER_TIMEOUT_MS
  const guard = (name: string, provider: ExternalProvider) =>
    guardProvider(name, provider, log, { timeoutMs: 2 * timeoutMs })
  const providers: Outside = { MANUAL: createManualProvider(settings.MANUAL_CURRENCIES) }
  if (settings.MIDTRANS_SERVER_KEY !== undefined) {
    const midtrans = createMidtransProvider({
      serverKey: settings.MIDTRANS_SERVER_KEY,
      snapUrl: settings.MIDTRANS_SNAP_URL,
      apiUrl: settings.MIDTRANS_API_URL,
      timeoutMs,
    })
    providers.MIDTRANS = guard('Midtrans', midtrans)
  }
  if (settings.STRIPE_SECRET_KEY !== undefined && settings.STRIPE_WEBHOOK_SECRET !== undefined) {
    const stripe = createStripeProvider({
      secretKey: settings.STRIPE_SECRET_KEY,
      webhookSecret: settings.STRIPE_WEBHOOK_SECRET,
      apiUrl: settings.STRIPE_API_URL,
      pageUrl: settings.STRIPE_PAGE_URL,
      currencies: settings.STRIPE_CURRENCIES,
      timeoutMs,
    })
    providers.STRIPE = guard('Stripe', stripe)
  }
  if (settings.XENDIT_SECRET_KEY !== undefined && settings.XENDIT_CALLBACK_TOKEN !== undefined) {
    const xendit = createXenditProvider({
      secretKey: settings.XENDIT_SECRET_KEY,
      callbackToken: settings.XENDIT_CALLBACK_TOKEN,
      apiUrl: settings.XENDIT_API_URL,
      currencies: settings.XENDIT_CURRENCIES,
      timeoutMs,
    })
    providers.XENDIT = guard('Xendit', xendit)
  }
  return {
    WALLET: createWalletProvider((currency) => topUpMethods(providers, currency).length > 0),
    ...providers,
  }
}

/** Of a payment that was made there. @throws Error when it is not offered any more: its key is needed as long as money may go back. */
export function externalProvider(providers: PaymentProviders, method: PaymentMethod): ExternalProvider {
  const provider: PaymentProvider | undefined = providers[method]
  if (provider?.kind === 'EXTERNAL') return provider
  throw new Error(`a payment was made by ${method}, which has no key in the settings`)
}

/** The ways to pay that take a currency, an ISO 4217 code; whether an organizer takes money themself is theirs to say. */
export const methodsFor = (providers: PaymentProviders, currency: string): PaymentMethod[] =>
  PAYMENT_METHODS.filter((method) => providers[method]?.charges(currency))

/** The ways to pay that fill a wallet of a currency. */
export const topUpMethods = (providers: Partial<PaymentProviders>, currency: string): PaymentMethod[] =>
  PAYMENT_METHODS.filter((method) => {
    const provider: PaymentProvider | undefined = providers[method]
    return method !== 'MANUAL' && provider?.kind === 'EXTERNAL' && provider.charges(currency)
  })

/** ISO 4217 codes of the currencies that some way to pay takes. */
export const chargeableCurrencies = (providers: PaymentProviders): string[] =>
  Intl.supportedValuesOf('currency').filter((currency) => methodsFor(providers, currency).length > 0)
