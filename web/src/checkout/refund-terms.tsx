import type { HoldFields } from '../generated/checkout/hold.ts'
import { useTexts } from '../texts/index.ts'
import { Disclosure } from '../ui/disclosure.tsx'

type Policy = NonNullable<HoldFields['event']>['refundPolicy']

/** What goes back of a booking, and how, before it is made. */
export function RefundTerms({ policy }: { policy: Policy }) {
  const t = useTexts('checkout').details
  return (
    <Disclosure summary={t.refundTitle}>
      {policy.tiers.length === 0 ? (
        <p>{t.refundNone}</p>
      ) : (
        <ul>
          {policy.tiers.map(({ hoursBeforeStart, percent }) => (
            <li key={hoursBeforeStart}>{t.refundTier(percent, hoursBeforeStart)}</li>
          ))}
        </ul>
      )}
      {policy.tiers.length > 0 && policy.approval === 'ORGANIZER' && <p>{t.refundReview}</p>}
      {policy.tiers.length > 0 && policy.feesKept && <p>{t.refundFees}</p>}
    </Disclosure>
  )
}
