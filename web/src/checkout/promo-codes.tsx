import { useSignal } from '@preact/signals'
import { ask } from '../api/ask.ts'
import { asApiError } from '../api/api-error.ts'
import { TryPromo } from '../generated/checkout/booking.ts'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { TextInput } from '../ui/text-input.tsx'
import { problemOf } from './problem.ts'

interface PromoCodesProps {
  holdId: string
  unitPrice: number | null
  codes: readonly string[]
  /** What each takes off, as far as it is known. */
  promos: readonly { code: string; discount: number }[]
  currency: string
  onChange(codes: string[]): void
}

/** Promo codes that make it cheaper: each says what it takes off before it is used, or why it takes off nothing. */
export function PromoCodes({ holdId, unitPrice, codes, promos, currency, onChange }: PromoCodesProps) {
  const t = useTexts('checkout')
  const typed = useSignal('')
  const busy = useSignal(false)
  const wrong = useSignal<string | null>(null)
  const add = async (event: Event) => {
    event.preventDefault()
    const code = typed.value.trim().toUpperCase()
    if (!code || busy.value) return
    busy.value = true
    wrong.value = null
    try {
      await ask(TryPromo, { input: { code, combinedWith: [...codes], holdId, unitPrice } })
      typed.value = ''
      onChange([...codes.filter((one) => one !== code), code])
    } catch (failure) {
      wrong.value = problemOf(asApiError(failure), t).text
    } finally {
      busy.value = false
    }
  }
  return (
    <form class="promo-codes" onSubmit={(event) => void add(event)} noValidate>
      <Field label={t.details.promo} error={wrong.value}>
        <TextInput
          value={typed.value}
          autocomplete="off"
          autocapitalize="characters"
          maxLength={60}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value
            wrong.value = null
          }}
        />
      </Field>
      <Button type="submit" busy={busy.value}>
        {t.details.promoAdd}
      </Button>
      <ul class="promo-codes__list" aria-live="polite">
        {codes.map((code) => {
          const taken = promos.find((promo) => promo.code === code)
          return (
            <li key={code}>
              {taken ? t.details.promoTakes(code, money(taken.discount, currency)) : code}
              <IconButton
                icon="close"
                label={t.details.promoRemove(code)}
                onClick={() => onChange(codes.filter((one) => one !== code))}
              />
            </li>
          )
        })}
      </ul>
    </form>
  )
}
