import { useLocation } from 'preact-iso'
import { ask } from '../api/ask.ts'
import { signOut } from '../api/sign-in.ts'
import { EndSession, MySessions, type MySessionsResult } from '../generated/account/sessions.ts'
import { useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage } from './account-page.tsx'
import { usePress } from './press.ts'
import { QueryState } from './query-state.tsx'
import { usePages } from './use-pages.ts'

type Session = NonNullable<MySessionsResult['mySessions']>['edges'][number]['node']

/** Where the person is signed in, and how to end that. */
export function SessionsPage() {
  const t = useTexts('settings').sessionsPage
  const { route } = useLocation()
  const pages = usePages(MySessions, (answer) => answer.mySessions)
  const { busy, press } = usePress<string>()
  const end = (session: Session) =>
    press(session.id, async () => {
      await ask(EndSession, { id: session.id }, { idempotent: true })
      pages.nodes.value = pages.nodes.value.filter(({ id }) => id !== session.id)
      notify(t.ended)
    })
  const endAll = () =>
    press('everywhere', async () => {
      await signOut(true)
      route('/sign-in')
    })
  return (
    <AccountPage part="sessions">
      <p>{t.text}</p>
      <QueryState query={pages.first}>
        {() => (
          <>
            <Card>
              <ul class="account-list">
                {pages.nodes.value.map((session) => (
                  <li key={session.id}>
                    <div class="account-list__what">
                      <p class="account-list__name row">
                        {nameOf(session, t)}
                        {session.current && <Badge tone="accent">{t.current}</Badge>}
                      </p>
                      <p class="account-list__more">
                        {t.seen(relative(session.lastSeenAt), session.place ?? '')}
                        {session.signedInBy && `, ${t.by[session.signedInBy]}`}
                      </p>
                    </div>
                    {!session.current && (
                      <Button
                        size="s"
                        busy={busy.value === session.id}
                        aria-label={t.endOf(nameOf(session, t))}
                        onClick={() => end(session)}
                      >
                        {t.end}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            </Card>
            {pages.hasNext && (
              <Pagination
                shown={pages.nodes.value.length}
                total={pages.total}
                hasNext
                loading={pages.loading.value}
                onMore={() => void pages.more()}
              />
            )}
            <div class="row">
              <Button variant="danger" busy={busy.value === 'everywhere'} onClick={endAll}>
                {t.everywhere}
              </Button>
              <span class="account-list__more">{t.everywhereText}</span>
            </div>
          </>
        )}
      </QueryState>
    </AccountPage>
  )
}

function nameOf(
  { device }: Session,
  t: { unknown: string; device(browser: string, system: string): string },
): string {
  const { browser, system } = device ?? { browser: null, system: null }
  if (browser && system) return t.device(browser, system)
  return browser ?? system ?? t.unknown
}
