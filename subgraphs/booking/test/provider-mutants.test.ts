import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { type Edit, importMutant, mutantPath } from '@karcis/testkit/code-mutants'
import { describe, expect, it } from 'vitest'
import { findPayment } from '../src/domain/payments/payment-store.ts'
import type * as Providers from '../src/domain/payments/providers.ts'
import { externalProvider } from '../src/domain/payments/providers.ts'
import type * as SettlePayment from '../src/domain/payments/settle-payment.ts'
import { settlePayment } from '../src/domain/payments/settle-payment.ts'
import type { BookingSettings } from '../src/env.ts'
import { startBooking } from './booking-process.ts'
import { type ProviderKit, PROVIDERS } from './provider-kits.ts'
import { becomes, isLookedAt, paidUnheard, PRICE, started, startShop } from './provider-shop.ts'

// What is no condition of a statement, taken out of the code by itself: the harm that it keeps away.

const FOLDER = new URL('../src/domain/payments/', import.meta.url)
const SETTLE = new URL('settle-payment.ts', FOLDER)

/** A shop whose provider's own file can be another. */
async function shopWith(kit: ProviderKit) {
  let settings: Partial<BookingSettings> = {}
  const shop = await startShop(kit, (its) => startBooking((settings = its)))
  const { deps } = shop.booking.subgraph
  return {
    ...shop,
    /** From now on booking asks the provider, and reads what it sends, by a mutant of its file. */
    async mutate(edits: readonly Edit[]): Promise<void> {
      const file = `${kit.method.toLowerCase()}.ts`
      const { createProviders } = await importMutant<typeof Providers>(new URL('providers.ts', FOLDER), [
        [`'./${file}'`, `'${mutantPath(new URL(file, FOLDER), edits)}'`],
      ])
      const usual = { PROVIDER_TIMEOUT_MS: 8_000, MANUAL_CURRENCIES: [], XENDIT_CURRENCIES: ['IDR'] }
      deps.providers = createProviders(
        { ...usual, ...settings } as BookingSettings,
        createLog('test', 'silent'),
      )
    },
  }
}

/** What attests a notification, and the same without it. */
const SIGNATURES: Record<ProviderKit['method'], Edit> = {
  MIDTRANS: ["!sameSecret(signature_key.toLowerCase(), signed.digest('hex'))", 'false && signed'],
  STRIPE: [
    "stripe.webhooks.constructEvent(body, String(signature ?? ''), webhookSecret, TOLERANCE)",
    'JSON.parse(String(body))',
  ],
  XENDIT: ["typeof token !== 'string' || !sameSecret(token, callbackToken)", 'false'],
}

describe.each(PROVIDERS)('a notification that $method has not signed', (kit) => {
  it('is taken in without the comparison of the signature, and not with it', async () => {
    await using shop = await shopWith(kit)
    const { booking, notify } = shop
    const { order } = await started(shop)
    await isLookedAt(shop, order)
    const before = await booking.db.paymentNotification.count()
    const forged = JSON.stringify({
      ...JSON.parse(kit.saysPaid(order, PRICE)),
      signature_key: 'ab'.repeat(64),
    })
    expect(await notify(forged)).toBe(401)
    expect(await booking.db.paymentNotification.count()).toBe(before)
    await shop.mutate([SIGNATURES[kit.method]])
    expect(await notify(forged)).toBe(200)
    expect(await booking.db.paymentNotification.count()).toBe(before + 1)
  })
})

/** As many of another currency's smallest unit as rupiah were asked for. */
const IN_CENTS: Record<ProviderKit['method'], (answer: string) => string> = {
  MIDTRANS: (answer) => answer.replace('"currency":"IDR"', '"currency":"USD"'),
  STRIPE: (answer) =>
    answer
      .replaceAll('"currency":"idr"', '"currency":"usd"')
      .replace(`"amount_received":${PRICE * 100}`, `"amount_received":${PRICE}`),
  XENDIT: (answer) =>
    answer
      .replaceAll('"currency":"IDR"', '"currency":"USD"')
      .replace(`"paid_amount":${PRICE}`, `"paid_amount":${PRICE / 100}`),
}

describe.each(PROVIDERS)('money at $method that is not what was asked for', (kit) => {
  it.each([
    { what: 'amount', edit: ['report.amount === amount && ', ''], falsify: kit.falsified(PRICE)[0] },
    { what: 'currency', edit: [' && report.currency === currency', ''], falsify: IN_CENTS[kit.method] },
  ] as const)('pays for a booking without the comparison of the $what', async ({ edit, falsify }) => {
    await using shop = await shopWith(kit)
    const { booking } = shop
    const { deps } = booking.subgraph
    const { buyer, id, order } = await paidUnheard(shop)
    shop.rewrite(falsify ?? null)
    await expect(settlePayment(deps, order)).rejects.toThrow(/its provider took/)
    const mutant = await importMutant<typeof SettlePayment>(SETTLE, [edit])
    await mutant.settlePayment(deps, order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
  })
})

/** What makes a refund one that the provider knows again, and what makes each attempt another. */
const KEYS: Record<ProviderKit['method'], Edit[]> = {
  MIDTRANS: [
    ['if (before.refunds.some((refund) => refund.refund_key === key)) return\n', ''],
    ['refund_key: key,', 'refund_key: crypto.randomUUID(),'],
  ],
  STRIPE: [
    ['metadata?.refund_id === key', 'false'],
    ['idempotencyKey: `${key}:${tries.length}`', 'idempotencyKey: crypto.randomUUID()'],
  ],
  XENDIT: [
    ['reference_id === key', 'false'],
    ['key: `${key}:${tries.length}`', 'key: crypto.randomUUID()'],
  ],
}

describe.each(PROVIDERS)('a refund at $method whose answer was lost', (kit) => {
  /** Half of a payment goes back, and is asked for again. Gives how much has gone back by the provider's own books. */
  async function halfAgain(edits: readonly Edit[]): Promise<number> {
    await using shop = await shopWith(kit)
    const { booking, standIn } = shop
    const { deps } = booking.subgraph
    const { buyer, id, order } = await started(shop)
    shop.pay(order)
    await becomes(booking, buyer, id, 'PAID', 'PAID')
    if (edits.length > 0) await shop.mutate(edits)
    const payment = await findPayment(deps.db, order)
    if (!payment) throw new Error('there is no such payment')
    const refund = { key: newId(), amount: PRICE / 2 }
    const provider = externalProvider(deps.providers, kit.method)
    shop.arm({ kind: 'error-after', on: 'refund', status: 503 })
    await expect(provider.refund(payment, refund)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await provider.refund(payment, refund)
    return Number(standIn.ledger()[0]?.refunded)
  }

  it('is made once by its key', async () => {
    expect(await halfAgain([])).toBe(PRICE / 2)
  })

  it('is made twice without its key', async () => {
    expect(await halfAgain(KEYS[kit.method])).toBe(PRICE)
  })
})
