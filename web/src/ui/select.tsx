import type { LooseSelectHTMLAttributes } from 'preact'
import { useFieldControl } from './field.tsx'
import { Icon } from './icon.tsx'

interface SelectProps extends LooseSelectHTMLAttributes {
  /** What can be chosen, in this order; or give `option` elements as children. */
  options?: readonly { value: string; label: string; disabled?: boolean }[]
  /** What is chosen at first, where nobody follows what is chosen then: a `value` alone would come back whenever the form is drawn anew. */
  defaultValue?: string
}

/** One of several, in the browser's own list. */
export function Select({ options, children, value, defaultValue, ...rest }: SelectProps) {
  return (
    <span class="select">
      <select {...useFieldControl()} {...(rest as object)} value={value} class="control">
        {options?.map((option) => (
          // `selected` too: a value alone is set before its options are there.
          <option
            key={option.value}
            value={option.value}
            disabled={option.disabled}
            selected={option.value === (value ?? defaultValue)}
          >
            {option.label}
          </option>
        ))}
        {children}
      </select>
      <Icon name="chevron-down" />
    </span>
  )
}
