import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parallel } from '@karcis/testkit/parallel'
import { expect, it } from 'vitest'
import { balanceOf, startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { PAY } from './operations.ts'
import { pileUp } from './mutants.ts'

// Money alone: the ticket subgraph is away all the time, so what is paid waits for its tickets.

it('payments of one event at the same time share transactions, and one that is refused takes none along', async () => {
  await using booking = await startBooking({ SIGNUP_GRANT_IDR: 10_000 })
  const { db } = booking
  const of = { eventId: newId(), organizerId: newId() }
  const buyers = await Promise.all(Array.from({ length: 12 }, () => booking.buyer()))
  const payAll = async (price: (n: number) => number): Promise<(string | null)[]> => {
    const bookings = await Promise.all(buyers.map(({ id }, n) => pendingBooking(db, id, price(n), of)))
    const codes: (string | null)[] = []
    await pileUp(db, 'bookings', 1, () =>
      parallel(buyers.length, async (n) => {
        const { code, data } = await booking.ask(buyers[n] as Viewer, PAY, {
          id: bookings[n]?.id,
          key: `key ${price(n)} ${n}`,
        })
        codes[n] = code ?? data.confirmPayment.status
      }),
    )
    return codes
  }
  expect(await payAll(() => 1_000)).toEqual(buyers.map(() => 'PAID'))
  const [together] = await db.$queryRaw<
    { transactions: number }[]
  >`SELECT count(DISTINCT xmin::text)::int AS transactions FROM payments`
  expect(together?.transactions).toBeLessThan(buyers.length / 2)

  const answers = await payAll((n) => (n === 5 ? 50_000 : 2_000))
  expect(answers).toEqual(buyers.map((_, n) => (n === 5 ? 'INSUFFICIENT_BALANCE' : 'PAID')))
  const balances = await Promise.all(buyers.map((buyer) => balanceOf(booking, buyer)))
  expect(balances).toEqual(buyers.map((_, n) => (n === 5 ? 9_000 : 7_000)))
  expect(await audit(db)).toEqual([])
})
