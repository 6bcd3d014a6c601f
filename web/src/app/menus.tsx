import { useLocation } from 'preact-iso'
import { asApiError } from '../api/api-error.ts'
import { session } from '../api/session.ts'
import { explain, setLanguage, useTexts } from '../texts/index.ts'
import { language } from '../texts/language.ts'
import { setTheme, type Theme, theme } from '../texts/theme.ts'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { notify } from '../ui/toast.ts'

const THEMES: Record<Theme, 'settings' | 'sun' | 'moon'> = { system: 'settings', light: 'sun', dark: 'moon' }

/** The header's menus, in a chunk of their own, as nothing that is seen needs them. */
export default function Menus() {
  return (
    <>
      {session.value.status !== 'anonymous' && <AccountMenu />}
      <DisplayMenu />
    </>
  )
}

/** Language and theme. Each language is called by its own name. */
function DisplayMenu() {
  const t = useTexts('app')
  const change = (next: 'id' | 'en') =>
    setLanguage(next).catch((error: unknown) => notify(explain(asApiError(error)).title, { tone: 'danger' }))
  return (
    <Menu label={t.display} icon="globe" iconOnly>
      <MenuItem lang="id" current={language.value === 'id'} onClick={() => void change('id')}>
        Bahasa Indonesia
      </MenuItem>
      <MenuItem lang="en" current={language.value === 'en'} onClick={() => void change('en')}>
        English
      </MenuItem>
      <hr />
      {(Object.keys(THEMES) as Theme[]).map((each) => (
        <MenuItem
          key={each}
          icon={THEMES[each]}
          current={theme.value === each}
          onClick={() => setTheme(each)}
        >
          {t.themes[each]}
        </MenuItem>
      ))}
    </Menu>
  )
}

/** Where somebody who is signed in finds what is theirs. */
function AccountMenu() {
  const t = useTexts('app')
  const { route } = useLocation()
  const { status, user } = session.value
  const leave = async () => {
    try {
      const { signOut } = await import('../api/sign-in.ts')
      await signOut()
      route('/')
    } catch (error) {
      notify(explain(asApiError(error)).title, { tone: 'danger' })
    }
  }
  return (
    <Menu label={user ? t.accountOf(user.name) : t.account} icon="account" iconOnly>
      {status === 'guest' ? (
        <MenuItem icon="account" href="/sign-up">
          {t.signUp}
        </MenuItem>
      ) : (
        <>
          <MenuItem icon="account" href="/account">
            {t.account}
          </MenuItem>
          <MenuItem icon="bell" href="/account/notifications">
            {t.notifications}
          </MenuItem>
          <MenuItem icon="wallet" href="/account/wallet">
            {t.wallet}
          </MenuItem>
          <MenuItem icon="heart" href="/wishlist">
            {t.wishlist}
          </MenuItem>
        </>
      )}
      <hr />
      <MenuItem icon="arrow-right" onClick={() => void leave()}>
        {t.signOut}
      </MenuItem>
    </Menu>
  )
}
