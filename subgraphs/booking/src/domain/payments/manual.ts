import { Unauthenticated } from '@karcis/kit/errors'
import { type ExternalProvider, type KnownPayment, type PaymentReport, RefundImpossible } from './provider.ts'

/**
 * Buyers pay the organizer themself, by bank transfer or in cash, and the organizer says that the money came (`confirmManualPayment`) or
 * went back (`confirmManualRefund`). So there is nobody to ask: until then a payment is on its way.
 * @param currencies ISO 4217 codes.
 */
export function createManualProvider(currencies: readonly string[]): ExternalProvider {
  const report = ({ amount, currency }: KnownPayment, status: PaymentReport['status']) =>
    Promise.resolve({ status, amount, currency })
  return {
    kind: 'EXTERNAL',
    charges: (currency) => currencies.includes(currency),
    // Its instructions are written down with it.
    start: ({ paymentId }) => Promise.resolve({ reference: paymentId, action: null }),
    status: (payment) => report(payment, 'REQUIRES_ACTION'),
    cancel: (payment) => report(payment, 'FAILED'),
    refund: () => Promise.reject(new RefundImpossible('The organizer gives it back.')),
    readNotification() {
      throw new Unauthenticated('Nobody sends notifications of it.')
    },
  }
}
