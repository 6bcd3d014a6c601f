import { chargeFees } from '@karcis/booking/domain/fees/charge-fees'
import { feeTotals } from '@karcis/booking/domain/fees/fee'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withFees } from './with-fees.ts'

const line = fc.record({
  unitPrice: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000_000 })),
  quantity: fc.integer({ min: 1, max: 10 }),
})
const terms = fc.record({
  kind: fc.constantFrom('PLATFORM_FEE', 'ORGANIZER_FEE', 'TAX'),
  name: fc.constant('Fee'),
  basisPoints: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  perPlace: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
  currency: fc.constantFrom(null, 'IDR', 'USD'),
  inclusive: fc.boolean(),
  taxed: fc.boolean(),
})

it('shows before anybody signs in exactly what the booking will be charged', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), fc.array(terms, { maxLength: 6 }), (lines, fees) => {
      const charged = chargeFees(
        lines.map((one) => ({ ...one, discount: 0 })),
        fees,
        'IDR',
      )
      const price = lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0)
      expect(withFees(lines, fees, 'IDR')).toBe(price + feeTotals(charged).surcharge)
    }),
    { numRuns: 2_000 },
  )
})
