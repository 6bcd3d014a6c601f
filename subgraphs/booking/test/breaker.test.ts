import { setTimeout as sleep } from 'node:timers/promises'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { expect, it } from 'vitest'
import { guardProvider } from '../src/domain/payments/breaker.ts'
import { createMidtransProvider } from '../src/domain/payments/midtrans.ts'

const RESET_MS = 300

async function guarded() {
  const standIn = await startMidtrans({ serverKey: 'key', seed: 7 })
  const lines: { part?: string; msg: string }[] = []
  const log = Object.assign(createLog('test', 'silent'), {
    warn: (facts: object, msg: string) => lines.push({ ...facts, msg }),
  })
  const options = { serverKey: 'key', snapUrl: standIn.url, apiUrl: standIn.url, timeoutMs: 200 }
  const provider = guardProvider('Midtrans', createMidtransProvider(options), log, { resetMs: RESET_MS })
  const payment = { id: newId(), reference: null, amount: 1_000, currency: 'IDR' }
  const order = {
    paymentId: payment.id,
    expiresAt: new Date(Date.now() + 600_000),
    returnUrl: 'http://localhost:4000/',
    ...payment,
  }
  const ask = () =>
    provider.status(payment).then(
      () => 'answered',
      (error: { facts: object }) => error.facts,
    )
  return {
    standIn,
    provider,
    payment,
    order,
    ask,
    lines,
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  }
}

it('does not ask a provider that is away, and tells callers at once how soon to try again', async () => {
  await using shop = await guarded()
  const { standIn, ask, lines } = shop
  standIn.arm({ kind: 'refuse', on: 'status', times: 4 }, { kind: 'timeout-after', on: 'status', times: 4 })
  for (let times = 0; times < 5; times += 1) expect(await ask()).toEqual({ retryAfterSeconds: 5 })

  const since = performance.now()
  for (let times = 0; times < 100; times += 1) expect(await ask()).toEqual({ retryAfterSeconds: 1 })
  expect(performance.now() - since).toBeLessThan(RESET_MS)
  expect(lines.filter(({ part }) => part === 'Midtrans').map(({ msg }) => msg)).toEqual([
    'outage of Midtrans begins',
  ])

  await sleep(RESET_MS)
  expect(await ask()).toEqual({ retryAfterSeconds: 5 }) // one is let through, to see, and none after it
  expect(await ask()).toEqual({ retryAfterSeconds: 1 })
  standIn.disarm()
  await sleep(RESET_MS)
  expect([await ask(), await ask()]).toEqual(['answered', 'answered'])
})

it('counts no refusal as a failure', async () => {
  await using shop = await guarded()
  const { provider, payment, order, ask } = shop
  for (let times = 0; times < 10; times += 1) {
    await expect(provider.start({ ...order, amount: -1 })).rejects.toMatchObject({ code: 'PAYMENT_DECLINED' })
    await expect(provider.refund(payment, { key: 'key', amount: 1 })).rejects.toThrow('Midtrans: ')
  }
  expect(await ask()).toBe('answered')
})
