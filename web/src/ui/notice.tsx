import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'
import './notice.css'

interface NoticeProps {
  tone?: 'info' | 'success' | 'warning' | 'danger'
  title?: ComponentChildren
  children?: ComponentChildren
  actions?: ComponentChildren
  /** It came up just now and must be heard at once. */
  alert?: boolean
}

const SIGNS: Record<NonNullable<NoticeProps['tone']>, IconName> = {
  info: 'info',
  success: 'check',
  warning: 'alert',
  danger: 'alert',
}

/** What somebody has to know about the page they are on, and what they can do about it. */
export function Notice({ tone = 'info', title, children, actions, alert }: NoticeProps) {
  return (
    <div class={`notice notice--${tone}`} role={alert ? 'alert' : undefined}>
      <Icon name={SIGNS[tone]} />
      <div class="notice__body">
        {title && <p class="notice__title">{title}</p>}
        {children && <div>{children}</div>}
        {actions && <div class="notice__actions">{actions}</div>}
      </div>
    </div>
  )
}
