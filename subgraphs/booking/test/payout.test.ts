import { newId } from '@karcis/kit/ids'
import { describe, expect, it } from 'vitest'
import { amountOf, availableOf, type EventBalance, owedOf, takeFrom } from '../src/domain/payouts/payout.ts'

const event = (sales: number, more: Partial<EventBalance> = {}): EventBalance => ({
  eventId: newId(),
  currency: 'IDR',
  sales,
  tax: 0,
  collected: 0,
  disputed: 0,
  released: true,
  ...more,
})

describe('what can be paid out', () => {
  it('is what events that are released are owed, less what any of them owes', () => {
    expect(availableOf([event(1_000), event(500, { tax: 50, collected: -100 })])).toBe(1_450)
    expect(availableOf([event(1_000), event(700, { released: false })])).toBe(1_000)
    expect(availableOf([event(1_000), event(-300), event(-200, { released: false })])).toBe(500)
    expect(availableOf([event(100), event(-300)])).toBe(0)
    expect(availableOf([])).toBe(0)
  })

  it('is taken from the events in their order, the last of them in part; sales go before tax', () => {
    const [first, second, third] = [event(100), event(200, { tax: 40, collected: -50 }), event(900)] as const
    const parts = takeFrom([first, second, third], 250)
    expect(parts).toEqual([
      { eventId: first.eventId, takenSales: 100, takenTax: 0, setOff: 0 },
      { eventId: second.eventId, takenSales: 200, takenTax: 0, setOff: 50 },
    ])
    expect(takeFrom([first, second], 280)[1]).toMatchObject({ takenSales: 200, takenTax: 30, setOff: 50 })
  })

  it('settles what events owe first', () => {
    const owing = event(-300, { released: false })
    const parts = takeFrom([event(1_000), owing], 700)
    expect(parts.map(amountOf)).toEqual([-300, 1_000])
    expect(parts[0]?.eventId).toBe(owing.eventId)
  })

  it('of sales and tax of which one is below zero, that one is settled whole', () => {
    expect(takeFrom([event(-10, { tax: 100 })], 50)[0]).toMatchObject({ takenSales: -10, takenTax: 60 })
    expect(takeFrom([event(100, { tax: -10 })], 50)[0]).toMatchObject({ takenSales: 60, takenTax: -10 })
  })

  it('more than there is, or nothing, is a bug that shows', () => {
    for (const amount of [0, -1, 101]) expect(() => takeFrom([event(100)], amount)).toThrow(RangeError)
  })

  it('sums to what was asked for, and takes from no event more than it is owed, whatever there is', () => {
    let state = 1945
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % below
    }
    for (let round = 0; round < 2_000; round++) {
      const events = Array.from({ length: 1 + random(5) }, () =>
        event(random(1_000) - 200, {
          tax: random(200) - 20,
          collected: -random(300),
          released: random(3) > 0,
        }),
      )
      const available = availableOf(events)
      if (available === 0) continue
      const amount = 1 + random(available)
      const parts = takeFrom(events, amount)
      expect(parts.reduce((sum, part) => sum + amountOf(part), 0)).toBe(amount)
      for (const part of parts) {
        const of = events.find(({ eventId }) => eventId === part.eventId) as EventBalance
        expect(amountOf(part)).toBeLessThanOrEqual(
          Math.max(owedOf(of), amountOf(part) < 0 ? amountOf(part) : 0),
        )
        expect(of.sales + of.tax - part.takenSales - part.takenTax).toBeGreaterThanOrEqual(0)
      }
    }
  })
})
