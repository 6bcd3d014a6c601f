import type { ButtonHTMLAttributes } from 'preact'
import './button.css'
import { classes } from './classes.ts'
import { Icon, type IconName } from './icon.tsx'

interface IconButtonProps extends Omit<ButtonHTMLAttributes, 'icon' | 'label' | 'loading'> {
  /** What it does, in words: readers say it, and the pointer shows it. */
  label: string
  icon: IconName
  filled?: boolean
  href?: string
}

/** A button (or, with `href`, a link) of one sign, where there is no room for words. */
export function IconButton({ label, icon, filled, href, class: extra, ...rest }: IconButtonProps) {
  const look = classes('icon-button', typeof extra === 'string' && extra)
  const sign = <Icon name={icon} filled={filled ?? false} />
  if (href !== undefined)
    return (
      <a {...(rest as object)} href={href} class={look} aria-label={label} title={label}>
        {sign}
      </a>
    )
  return (
    <button type="button" {...rest} class={look} aria-label={label} title={label}>
      {sign}
    </button>
  )
}
