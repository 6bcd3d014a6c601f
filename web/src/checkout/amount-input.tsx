import { decimalsOf } from '@karcis/kit/contracts/currencies'
import { useSignal } from '@preact/signals'
import { money } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Field } from '../ui/field.tsx'
import { TextInput } from '../ui/text-input.tsx'

interface AmountInputProps {
  /** In the smallest unit of the currency, as all amounts here. */
  least: number
  currency: string
  value: number | null
  onChange(amount: number): void
}

/** How much somebody gives for each ticket, from the least up. What is less stands until they leave the field. */
export function AmountInput({ least, currency, value, onChange }: AmountInputProps) {
  const t = useTexts('checkout')
  const scale = 10 ** decimalsOf(currency)
  const low = useSignal(false)
  return (
    <Field
      label={`${t.donation} (${currency})`}
      hint={t.donationHint(money(least, currency))}
      error={low.value ? t.donationLow(money(least, currency)) : null}
    >
      <TextInput
        type="number"
        inputMode="decimal"
        min={least / scale}
        step={1 / scale}
        value={Math.max(value ?? 0, least) / scale}
        onChange={({ currentTarget }) => {
          const amount = Math.round(currentTarget.valueAsNumber * scale)
          low.value = !Number.isFinite(amount) || amount < least
          if (low.value) currentTarget.value = String(least / scale)
          onChange(low.value ? least : amount)
        }}
      />
    </Field>
  )
}
