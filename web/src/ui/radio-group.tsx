import type { ComponentChildren } from 'preact'
import { useContext, useId } from 'preact/hooks'
import './choice.css'
import { FormErrors } from './form.tsx'

interface RadioGroupProps<V extends string> {
  label: ComponentChildren
  name: string
  options: readonly { value: V; label: ComponentChildren; hint?: ComponentChildren; disabled?: boolean }[]
  value?: V | null
  /** What is chosen at first, where nobody follows what is chosen then. */
  defaultValue?: V
  onChange?(value: V): void
  hideLabel?: boolean
  required?: boolean
  /** `boxes` stand out as things to choose from; `chips` stand in a line. */
  look?: 'list' | 'boxes' | 'chips'
  error?: string | null
}

/** One of a few that are all seen at once. */
export function RadioGroup<V extends string>(props: RadioGroupProps<V>) {
  const { label, name, options, value, defaultValue, onChange, hideLabel, required, look = 'list' } = props
  const id = useId()
  const fromForm = useContext(FormErrors)
  const wrong = props.error ?? fromForm?.value.get(name)
  return (
    <fieldset class={`radio-group radio-group--${look}`} aria-describedby={wrong ? id : undefined}>
      <legend class={hideLabel ? 'visually-hidden' : 'field__label'}>{label}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice">
          <input
            class="choice__control choice__control--radio"
            type="radio"
            name={name}
            value={option.value}
            checked={value === undefined ? undefined : option.value === value}
            defaultChecked={option.value === defaultValue}
            disabled={option.disabled}
            required={required}
            onChange={() => onChange?.(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span class="choice__hint">{option.hint}</span>}
          </span>
        </label>
      ))}
      {wrong && (
        <p class="choice__error" id={id}>
          {wrong}
        </p>
      )}
    </fieldset>
  )
}
