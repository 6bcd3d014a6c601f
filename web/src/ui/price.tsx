import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import './price.css'

interface PriceProps {
  /** In the smallest unit charged in the currency. */
  amount: number
  currency: string
  /** The highest of several: then it says "from". */
  to?: number
  /** What it was before. */
  before?: number
  size?: 'm' | 'l'
}

/** An amount as people write it; nothing to pay is said in words. */
export function Price({ amount, currency, to, before, size = 'm' }: PriceProps) {
  const t = useTexts('ui')
  const written = amount === 0 ? t.free : money(amount, currency)
  return (
    <span class={size === 'l' ? 'price price--l' : 'price'}>
      {before !== undefined && before !== amount && (
        <s class="price__before">
          <span class="visually-hidden">{t.before} </span>
          {money(before, currency)}
        </s>
      )}
      {to !== undefined && to > amount ? (
        <>
          <span class="price__from">{t.from}</span> {written}
        </>
      ) : (
        written
      )}
    </span>
  )
}
