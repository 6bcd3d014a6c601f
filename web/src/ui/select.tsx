import type { LooseSelectHTMLAttributes } from 'preact'
import { useFieldControl } from './field.tsx'
import { Icon } from './icon.tsx'

interface SelectProps extends LooseSelectHTMLAttributes {
  /** What can be chosen, in this order; or give `option` elements as children. */
  options?: readonly { value: string; label: string; disabled?: boolean }[]
}

/** One of several, in the browser's own list. */
export function Select({ options, children, value, ...rest }: SelectProps) {
  return (
    <span class="select">
      <select {...useFieldControl()} {...(rest as object)} value={value} class="control">
        {options?.map((option) => (
          // `selected` too: a value alone is set before its options are there.
          <option
            key={option.value}
            value={option.value}
            disabled={option.disabled}
            selected={option.value === value}
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
