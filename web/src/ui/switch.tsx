import type { ComponentChildren, LooseInputHTMLAttributes } from 'preact'
import './choice.css'

interface SwitchProps extends Omit<LooseInputHTMLAttributes, 'label'> {
  label: ComponentChildren
  hint?: ComponentChildren
}

/** What is on or off at once, without a button that confirms it. */
export function Switch({ label, hint, ...rest }: SwitchProps) {
  return (
    <label class="choice choice--switch">
      <span>
        {label}
        {hint && <span class="choice__hint">{hint}</span>}
      </span>
      <input type="checkbox" role="switch" {...(rest as object)} class="choice__switch" />
    </label>
  )
}
