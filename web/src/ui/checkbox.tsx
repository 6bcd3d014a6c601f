import type { ComponentChildren, LooseInputHTMLAttributes } from 'preact'
import { useContext, useId } from 'preact/hooks'
import './choice.css'
import { FormErrors } from './form.tsx'

interface CheckboxProps extends Omit<LooseInputHTMLAttributes, 'label'> {
  label: ComponentChildren
  hint?: ComponentChildren
  error?: string | null
}

/** A yes or no with its words beside it; the whole line can be tapped. */
export function Checkbox({ label, hint, error, ...rest }: CheckboxProps) {
  const id = useId()
  const fromForm = useContext(FormErrors)
  const wrong = error ?? (typeof rest.name === 'string' ? fromForm?.value.get(rest.name) : undefined)
  return (
    <div class="choice-field">
      <label class="choice">
        <input
          type="checkbox"
          {...(rest as object)}
          class="choice__control"
          aria-describedby={wrong ? id : undefined}
          aria-invalid={wrong ? 'true' : undefined}
        />
        <span>
          {label}
          {hint && <span class="choice__hint">{hint}</span>}
        </span>
      </label>
      {wrong && (
        <p class="choice__error" id={id}>
          {wrong}
        </p>
      )}
    </div>
  )
}
