import type { ComponentChildren, ButtonHTMLAttributes } from 'preact'
import './button.css'
import { classes } from './classes.ts'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps extends Omit<ButtonHTMLAttributes, 'size' | 'icon' | 'loading'> {
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger'
  size?: 's' | 'm' | 'l'
  /** Something is under way that was asked for by it: it cannot be pressed again, and says so. */
  busy?: boolean
  /** Makes it a link that looks the same. */
  href?: string
  target?: string
  rel?: string
  download?: boolean | string
  icon?: IconName
  /** As wide as there is room. */
  wide?: boolean
  children?: ComponentChildren
}

/** What is pressed to do something, or (with `href`) followed to get somewhere. A button of a form sends it only with `type="submit"`. */
export function Button(props: ButtonProps) {
  const { variant = 'secondary', size = 'm', busy, href, icon, wide, class: extra, children, ...rest } = props
  const look = classes(
    'button',
    `button--${variant}`,
    size !== 'm' && `button--${size}`,
    wide && 'button--wide',
    busy && 'button--busy',
    typeof extra === 'string' && extra,
  )
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      {children !== undefined && <span class="button__text">{children}</span>}
    </>
  )
  if (href !== undefined)
    return (
      <a {...(rest as object)} href={href} class={look}>
        {inside}
      </a>
    )
  const { target: _target, rel: _rel, download: _download, ...own } = rest
  return (
    <button
      type="button"
      {...own}
      class={look}
      aria-busy={busy || undefined}
      // Not `disabled`: that would lose the focus of whoever pressed it.
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : own.onClick}
    >
      {inside}
    </button>
  )
}
