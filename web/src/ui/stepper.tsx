import { useTexts } from '../texts/index.ts'
import './stepper.css'
import { IconButton } from './icon-button.tsx'

interface StepperProps {
  /** Of what this is the number: readers say it with each change. */
  label: string
  value: number
  min?: number
  max: number
  onChange(value: number): void
  name?: string
  disabled?: boolean
}

/** A small whole number, by tapping, by typing or by arrow keys. */
export function Stepper({ label, value, min = 0, max, onChange, name, disabled }: StepperProps) {
  const t = useTexts('ui')
  const set = (wanted: number) => {
    const next = Math.min(max, Math.max(min, Math.round(wanted)))
    if (next !== value) onChange(next)
  }
  return (
    <div class="stepper" role="group" aria-label={label}>
      <IconButton
        icon="minus"
        label={t.less(label)}
        disabled={disabled || value <= min}
        onClick={() => set(value - 1)}
      />
      <input
        class="stepper__value"
        type="number"
        inputMode="numeric"
        aria-label={label}
        name={name}
        value={value}
        min={min}
        max={max}
        disabled={disabled}
        onInput={({ currentTarget }) => {
          if (currentTarget.value !== '' && Number.isFinite(currentTarget.valueAsNumber)) set(currentTarget.valueAsNumber)
        }}
        onBlur={({ currentTarget }) => {
          currentTarget.value = String(value)
        }}
      />
      <IconButton
        icon="plus"
        label={t.more(label)}
        disabled={disabled || value >= max}
        onClick={() => set(value + 1)}
      />
    </div>
  )
}
