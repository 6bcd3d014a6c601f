import type { LooseInputHTMLAttributes } from 'preact'
import { classes } from './classes.ts'
import { useFieldControl } from './field.tsx'
import { Icon, type IconName } from './icon.tsx'

interface TextInputProps extends Omit<LooseInputHTMLAttributes, 'icon'> {
  icon?: IconName
}

/** One line that is typed: whatever an `input` takes (`type`, `autocomplete`, `pattern`, `required` …). */
export function TextInput({ icon, class: extra, ...rest }: TextInputProps) {
  const input = (
    <input
      type="text"
      {...useFieldControl()}
      {...(rest as object)}
      class={classes('control', typeof extra === 'string' && extra)}
    />
  )
  if (!icon) return input
  return (
    <span class="text-input">
      <Icon name={icon} />
      {input}
    </span>
  )
}
