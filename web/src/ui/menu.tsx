import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { IconButton } from './icon-button.tsx'
import './menu.css'

interface MenuProps {
  label: string
  icon?: IconName
  /** Only the sign is seen; the label is said. */
  iconOnly?: boolean
  variant?: 'secondary' | 'quiet'
  size?: 's' | 'm'
  /** `MenuItem`s. */
  children: ComponentChildren
}

/** A button with a short list of things to do or places to go. The browser closes it by Escape or a tap beside it. */
export function Menu({ label, icon, iconOnly, variant = 'secondary', size = 'm', children }: MenuProps) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  return (
    <div class="menu">
      {iconOnly ? (
        <IconButton icon={icon ?? 'more'} label={label} popovertarget={id} aria-haspopup="true" />
      ) : (
        <Button variant={variant} size={size} popovertarget={id} {...(icon ? { icon } : {})}>
          {label}
        </Button>
      )}
      <div
        ref={list}
        id={id}
        popover="auto"
        class="menu__list"
        onClick={({ target }) => {
          if (target instanceof Element && target.closest('a, button')) list.current?.hidePopover()
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
          if (!step) return
          event.preventDefault()
          const items = Array.from(event.currentTarget.querySelectorAll<HTMLElement>('a, button'))
          const at = items.indexOf(document.activeElement as HTMLElement)
          items.at((at + step) % items.length)?.focus()
        }}
      >
        {children}
      </div>
    </div>
  )
}

interface MenuItemProps {
  icon?: IconName
  href?: string
  /** For what it opens beside the page. */
  target?: '_blank'
  download?: boolean
  onClick?(): void
  /** The one of several that is in force. */
  current?: boolean
  disabled?: boolean
  lang?: string
  children: ComponentChildren
}

/** One line of a Menu. */
export function MenuItem({ icon, current, disabled, children, href, ...rest }: MenuItemProps) {
  const inside = (
    <>
      {icon && <Icon name={icon} />}
      <span class="menu__text">{children}</span>
      {current && <Icon name="check" />}
    </>
  )
  const said = current ? ('true' as const) : undefined
  if (href !== undefined)
    return (
      <a class="menu__item" href={href} aria-current={said} rel={rest.target && 'noopener'} {...rest}>
        {inside}
      </a>
    )
  return (
    <button type="button" class="menu__item" aria-current={said} disabled={disabled} onClick={rest.onClick} lang={rest.lang}>
      {inside}
    </button>
  )
}
