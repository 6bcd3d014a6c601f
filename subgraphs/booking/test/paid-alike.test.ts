import { transaction } from '@karcis/kit/database'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InsufficientBalance } from '../src/domain/errors.ts'
import type { createWalletProvider } from '../src/domain/payments/wallet.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { pendingBooking } from './money.ts'
import { PAY } from './operations.ts'

type Wallet = ReturnType<typeof createWalletProvider>

let booking: BookingProcess

beforeAll(async () => {
  booking = await startBooking()
})

afterAll(() => booking[Symbol.asyncDispose]())

/** A booking that its buyer can pay; each call of the function is the same payment, of the same key. */
async function payable(): Promise<() => Promise<string>> {
  const buyer = await booking.buyer()
  const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
  return async () => {
    const { code, data } = await booking.ask(buyer, PAY, { id, key: 'twice' })
    return code ?? data.confirmPayment.status
  }
}

/** Puts something in the way of the wallet until the function that is given back is called. */
function standBefore(around: Partial<Wallet>): () => void {
  const { deps } = booking.subgraph
  const { providers } = deps
  deps.providers = { ...providers, WALLET: { ...providers.WALLET, ...around } }
  return () => {
    deps.providers = providers
  }
}

const noMoney = () => new InsufficientBalance(0, 1_000, 'IDR')

/** Of two payments the first has no money, and looks what became of the other, which waited for its key, while that is paying. */
async function refusedWhileOneWaits(): Promise<string[]> {
  const ask = await payable()
  const { WALLET } = booking.subgraph.deps.providers
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  let payments = 0
  const clear = standBefore({
    async pay(tx, paid) {
      payments += 1
      if (payments === 1) {
        await untilBlocked(booking.db, 1) // the other waits for the key
        throw noMoney()
      }
      await Promise.race([untilBlocked(booking.db, 1), answered]) // the look waits for this, or is over
      return WALLET.pay(tx, paid)
    },
  })
  const asked = [ask(), ask()]
  void Promise.race(asked).then(() => answer())
  return Promise.all(asked).finally(clear)
}

/** Two payments are sent at once, and the second comes to claim the key when the first has been refused. */
async function refusedBeforeOneClaims(): Promise<{ outcomes: string[]; ask: () => Promise<string> }> {
  const ask = await payable()
  const { promise: isRolledBack, resolve: rolledBack } = Promise.withResolvers<void>()
  const { promise: isSlow, resolve: secondIsSlow } = Promise.withResolvers<void>()
  const clear = standBefore({
    pay: () => Promise.reject(noMoney()),
    async mapError(_db, _booking, error) {
      rolledBack()
      await isSlow
      return error
    },
  })
  const first = ask()
  await isRolledBack.finally(clear)
  const asked: Promise<string>[] = [first]
  await transaction(booking.db, async (tx) => {
    await tx.$executeRaw`LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE`
    asked.push(ask())
    await untilBlocked(tx, 1)
    secondIsSlow()
    await first
  })
  return { outcomes: await Promise.all(asked), ask }
}

describe('line 34: the same payment sent twice at once, of which one is refused', () => {
  it('without the guard (who has the key has paid) a refusal is told beside a payment', async () => {
    const { deps } = booking.subgraph
    // It may come right by luck, on a busy machine.
    await eventually(async () => {
      const outcomes = await withMutant(deps, ['AS "isOwn"', 'AND false AS "isOwn"'], refusedWhileOneWaits)
      expect(outcomes).toEqual(expect.arrayContaining(['INSUFFICIENT_BALANCE', 'PAID']))
    })
  })

  it('both are paid when the other, which waited for the key, was', async () => {
    expect(await refusedWhileOneWaits()).toEqual(['PAID', 'PAID'])
  })

  it('without the guard (a refusal since one began is one’s own) the slower one is paid', async () => {
    const { deps } = booking.subgraph
    const always = 'refusal IS NOT NULL OR refusal IS NOT NULL'
    const { outcomes } = await withMutant(deps, ['refusal IS NOT NULL', always], refusedBeforeOneClaims)
    expect(outcomes).toEqual(['INSUFFICIENT_BALANCE', 'PAID'])
  })

  it('both are refused when that came first, and the key is free for one that is sent after it', async () => {
    const { outcomes, ask } = await refusedBeforeOneClaims()
    expect(outcomes).toEqual(['INSUFFICIENT_BALANCE', 'INSUFFICIENT_BALANCE'])
    expect(await ask()).toBe('PAID')
    expect(await ask()).toBe('PAID')
  })
})
