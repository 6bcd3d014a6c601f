import type { QuotedItem } from '@karcis/kit/contracts/bound-hold'
import { newId } from '@karcis/kit/ids'
import { describe, expect, it } from 'vitest'
import { priceItems } from '../src/domain/checkout/price-items.ts'

const place = (change: Partial<QuotedItem> = {}): QuotedItem => ({
  ticketTypeId: newId(),
  name: 'Regular',
  kind: 'PAID',
  seatId: null,
  seatLabel: null,
  unitPrice: 1_000,
  quantity: 1,
  currency: 'IDR',
  ...change,
})

/** The code, and the fields that are named. */
function refusal(run: () => unknown): { code?: string; fields?: string[] } {
  try {
    run()
    return {}
  } catch (error) {
    const { code, facts } = error as { code: string; facts: { fields?: { path: string }[] } }
    return { code, ...(facts.fields && { fields: facts.fields.map(({ path }) => path) }) }
  }
}

const most = Number.MAX_SAFE_INTEGER

describe('line 5: a total past 2^53 - 1', () => {
  it.for([
    { sent: { holdId: newId() }, field: 'input.holdId' },
    { sent: { ticketTypeId: newId(), quantity: 2 }, field: 'input.quantity' },
    { sent: { holdId: newId(), unitPrice: most }, field: 'input.unitPrice', kind: 'DONATION' as const },
    { sent: { items: [{ ticketTypeId: newId(), quantity: 2 }] }, field: 'input.items' },
  ])('is refused by the name of a field that was sent: $field', ({ sent, field, kind = 'PAID' as const }) => {
    const places = [place({ unitPrice: most, quantity: 2, kind })]
    expect(refusal(() => priceItems(places, sent))).toEqual({ code: 'BAD_USER_INPUT', fields: [field] })
  })

  it('and one of exactly as much is not', () => {
    const places = [place({ unitPrice: most - 1 }), place({ unitPrice: 1 })]
    expect(priceItems(places, { holdId: newId() }).subtotal).toBe(most)
  })
})

describe('users missed: prices of several types in one booking', () => {
  const [gift, fixed] = [place({ kind: 'DONATION', unitPrice: 500 }), place({ quantity: 2 })]
  const items = (giftPrice: number | null, fixedPrice: number | null = null) => ({
    items: [
      { ticketTypeId: fixed.ticketTypeId, quantity: 2, unitPrice: fixedPrice },
      { ticketTypeId: gift.ticketTypeId, quantity: 1, unitPrice: giftPrice },
    ],
  })

  it('each at its own: the giver says what a DONATION costs, the type what all else does', () => {
    const { items: priced, subtotal, currency } = priceItems([fixed, gift], items(700))
    expect(priced.map(({ unitPrice }) => unitPrice)).toEqual([1_000, 700])
    expect({ subtotal, currency }).toEqual({ subtotal: 2_700, currency: 'IDR' })
    expect(priceItems([fixed, gift], items(null)).subtotal).toBe(2_500)
  })

  it('a wrong one is named by its place in the input', () => {
    expect(refusal(() => priceItems([fixed, gift], items(499)))).toEqual({
      code: 'BAD_USER_INPUT',
      fields: ['input.items.1.unitPrice'],
    })
    expect(refusal(() => priceItems([fixed, gift], items(700, 1_000)))).toEqual({
      code: 'BAD_USER_INPUT',
      fields: ['input.items.0.unitPrice'],
    })
  })

  it('in two currencies are refused', () => {
    const dollars = place({ currency: 'USD' })
    expect(refusal(() => priceItems([fixed, dollars], { holdId: newId() }))).toEqual({ code: 'CONFLICT' })
  })
})
