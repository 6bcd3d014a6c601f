import type { ComponentChildren } from 'preact'
import { lazy, useLocation } from 'preact-iso'
import { session } from '../api/session.ts'
import { useTexts } from '../texts/index.ts'
import { Icon } from '../ui/icon.tsx'
import { Later } from '../ui/later.tsx'
import { routeOf } from './routes.tsx'
import { StepUp } from './step-up.tsx'
import './shell.css'

const Menus = lazy(() => import('./menus.tsx'))
const notices = () => import('./notices.tsx')
const Connection = lazy(() => notices().then(({ Connection }) => Connection))
const Toasts = lazy(() => import('../ui/toasts.tsx').then(({ Toasts }) => Toasts))
const Update = lazy(() => notices().then(({ Update }) => Update))

/** What every page has around it; pages that fill the screen have what is said in passing alone. */
export function Shell({ children }: { children: ComponentChildren }) {
  const t = useTexts('app')
  const { path } = useLocation()
  const isBare = routeOf(path)?.shell === 'bare'
  return (
    <>
      <a class="skip-link" href="#main">
        {t.skip}
      </a>
      {!isBare && (
        <Later>
          <Header />
        </Later>
      )}
      {!isBare && <Connection />}
      <main id="main" class="shell-main" tabIndex={-1}>
        {children}
      </main>
      {!isBare && (
        <Later>
          <Footer />
        </Later>
      )}
      <Update />
      <Toasts />
      <StepUp />
    </>
  )
}

function Header() {
  const t = useTexts('app')
  const { path } = useLocation()
  const here = (href: string) => (path === href ? ('page' as const) : undefined)
  return (
    <header class="shell-header">
      <div class="page shell-header__row">
        <a class="wordmark" href="/" aria-label={t.home}>
          <Wordmark />
        </a>
        <Search />
        <nav class="shell-header__nav" aria-label={t.menu}>
          <a class="shell-link" href="/tickets" aria-current={here('/tickets')}>
            <Icon name="ticket" />
            <span class="shell-link__text">{t.tickets}</span>
          </a>
          {session.value.status === 'anonymous' && (
            <a class="shell-link" href="/sign-in" aria-current={here('/sign-in')}>
              <Icon name="account" />
              <span class="shell-link__text">{t.signIn}</span>
            </a>
          )}
          <div class={`shell-header__menus shell-header__menus--${session.value.status}`}>
            <Menus />
          </div>
        </nav>
      </div>
    </header>
  )
}

/** The name as a slip with its holes and its stub. */
const Wordmark = () => (
  <svg class="wordmark__slip" viewBox="0 0 30 30" aria-hidden="true">
    <path
      class="wordmark__paper"
      d="M3 5h24a1 1 0 0 1 1 1v5.5a3.5 3.5 0 0 0 0 7V24a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-5.5a3.5 3.5 0 0 0 0-7V6a1 1 0 0 1 1-1Z"
    />
    <path class="wordmark__holes" d="M11 7v16" />
    <path class="wordmark__letter" d="M16 9.5v11m7-11-6.6 5.6L23.4 20.5" />
  </svg>
)

function Search() {
  const t = useTexts('app')
  const { route, query, path } = useLocation()
  return (
    <search class="shell-search">
      <form
        action="/search"
        onSubmit={(event) => {
          event.preventDefault()
          const words = (event.currentTarget.elements.namedItem('q') as HTMLInputElement).value.trim()
          route(words ? `/search?q=${encodeURIComponent(words)}` : '/search')
        }}
      >
        <Icon name="search" />
        <input
          key={path === '/search' ? query.q : ''}
          class="shell-search__input"
          type="search"
          name="q"
          enterkeyhint="search"
          autocomplete="off"
          defaultValue={path === '/search' ? (query.q ?? '') : ''}
          aria-label={t.search}
          placeholder={t.search}
          maxLength={200}
        />
      </form>
    </search>
  )
}

function Footer() {
  const t = useTexts('app')
  return (
    <footer class="shell-footer">
      <div class="page shell-footer__row">
        <p>{t.footer}</p>
        <ul class="shell-footer__links">
          <li>
            <a href="/door">{t.door}</a>
          </li>
          <li>
            <a href="/ide">{t.forDevelopers}</a>
          </li>
        </ul>
      </div>
    </footer>
  )
}
