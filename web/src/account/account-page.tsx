import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { session } from '../api/session.ts'
import { useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import './account.css'
import { withNext } from './next.ts'

const PARTS = [
  ['/account', 'account', 'profile'],
  ['/account/security', 'lock', 'security'],
  ['/account/sessions', 'globe', 'sessions'],
  ['/account/notifications', 'bell', 'notifications'],
  ['/account/preferences', 'settings', 'preferences'],
  ['/account/wallet', 'wallet', 'wallet'],
  ['/account/data', 'download', 'data'],
] as const satisfies readonly (readonly [string, IconName, string])[]

type Part = (typeof PARTS)[number][2]

/** A part of the account, with the way to the others; for who is signed in. */
export function AccountPage({ part, children }: { part: Part; children: ComponentChildren }) {
  const t = useTexts('settings')
  useTitle(t[part])
  const { status } = session.value
  if (status !== 'signed-in') return <SignInFirst guest={status === 'guest'} />
  return (
    <div class="page account">
      <nav class="account__nav" aria-label={t.nav}>
        {PARTS.map(([href, icon, name]) => (
          <a
            key={href}
            class="account__link"
            href={href}
            aria-current={name === part ? 'page' : undefined}
            ref={name === part ? intoView : undefined}
          >
            <Icon name={icon} />
            {t[name]}
          </a>
        ))}
      </nav>
      <div class="account__main">
        <h1 class="account__title">{t[part]}</h1>
        {children}
      </div>
    </div>
  )
}

/** On a narrow screen the parts stand in one line, which scrolls. */
const intoView = (link: HTMLElement | null): void =>
  link?.parentElement?.scrollTo({ left: link.offsetLeft - link.parentElement.clientWidth / 3 })

function SignInFirst({ guest }: { guest: boolean }) {
  const t = useTexts('account')
  const { url } = useLocation()
  return (
    <div class="account-narrow">
      <Empty
        level={1}
        title={t.need.title}
        text={guest ? t.need.guest : t.need.text}
        action={
          <Button variant="primary" href={withNext('/sign-in', url)}>
            {t.signIn.title}
          </Button>
        }
      />
    </div>
  )
}

/** For who signs in by other ways, where a password is asked for. */
export function NoPassword() {
  const t = useTexts('settings').securityPage
  return (
    <p class="account-list__more">
      {t.none} <a href="/forgot-password">{t.forgot}</a>.
    </p>
  )
}
