import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { subscribe } from '../api/subscribe.ts'
import {
  MarkAllRead,
  MarkRead,
  MyNotifications,
  NotificationReceived,
  type Told,
} from '../generated/account/notifications.ts'
import { dateTime } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { relative } from '../texts/times.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Pagination } from '../ui/pagination.tsx'
import { notify } from '../ui/toast.ts'
import { AccountPage } from './account-page.tsx'
import { usePress } from './press.ts'
import { QueryState } from './query-state.tsx'
import { usePages } from './use-pages.ts'

/** What the person was told, and what they are told while they look. */
export function NotificationsPage() {
  const t = useTexts('settings').notificationsPage
  const pages = usePages(MyNotifications, (answer) => answer.notifications)
  const unread = useSignal(0)
  const reconnecting = useSignal(false)
  const { busy, press } = usePress<string>()
  const userId = session.value.user?.id
  const answer = pages.first.data.value as { notifications: { unreadCount: number } | null } | null
  useEffect(() => {
    unread.value = answer?.notifications?.unreadCount ?? 0
  }, [answer])

  useEffect(() => {
    if (userId === undefined) return
    let wasAway = false
    return subscribe(
      NotificationReceived,
      {},
      {
        next: ({ notificationReceived: told }) => {
          if (!told || pages.nodes.value.some(({ id }) => id === told.id)) return
          pages.nodes.value = [told, ...pages.nodes.value]
          unread.value++
        },
        state: (state) => {
          reconnecting.value = state === 'reconnecting'
          if (state === 'live' && wasAway) void pages.first.reload() // what came meanwhile
          wasAway ||= state === 'reconnecting'
        },
      },
    )
  }, [userId])

  const read = (told: Told) => {
    if (told.readAt !== null) return
    pages.nodes.value = pages.nodes.value.map((each) =>
      each.id === told.id ? { ...each, readAt: new Date().toISOString() } : each,
    )
    unread.value = Math.max(0, unread.value - 1)
    void ask(MarkRead, { id: told.id }, { idempotent: true, keepalive: true }).catch(() => undefined)
  }
  const readAll = () =>
    press('all', async () => {
      await ask(MarkAllRead, {}, { idempotent: true })
      const now = new Date().toISOString()
      pages.nodes.value = pages.nodes.value.map((each) => ({ ...each, readAt: each.readAt ?? now }))
      unread.value = 0
      notify(t.allDone)
    })

  return (
    <AccountPage part="notifications">
      <QueryState query={pages.first}>
        {() =>
          pages.nodes.value.length === 0 ? (
            <Empty title={t.empty} text={t.emptyText} action={<Button href="/search">{t.find}</Button>} />
          ) : (
            <>
              <div class="row">
                <p role="status">{t.unread(unread.value)}</p>
                {unread.value > 0 && (
                  <Button size="s" busy={busy.value === 'all'} onClick={readAll}>
                    {t.all}
                  </Button>
                )}
                {reconnecting.value && <p class="account-list__more">{t.reconnecting}</p>}
              </div>
              <div>
                {pages.nodes.value.map((told) => (
                  <Notification key={told.id} told={told} onRead={() => read(told)} />
                ))}
              </div>
              <Pagination
                shown={pages.nodes.value.length}
                hasNext={pages.hasNext}
                loading={pages.loading.value}
                onMore={() => void pages.more()}
              />
            </>
          )
        }
      </QueryState>
    </AccountPage>
  )
}

function Notification({ told, onRead }: { told: Told; onRead(): void }) {
  const t = useTexts('settings').notificationsPage
  const isUnread = told.readAt === null
  return (
    <article class={isUnread ? 'notification notification--unread' : 'notification'}>
      <div class="row">
        <h2 class="notification__subject account-list__what">{told.subject}</h2>
        {isUnread && <IconButton icon="check" label={t.read} onClick={onRead} />}
      </div>
      {told.paragraphs.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {told.facts.length > 0 && (
        <dl class="notification__facts">
          {told.facts.map(({ label, value }) => (
            <div key={label} class="notification__fact">
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {told.action && (
        <div>
          <Button size="s" href={here(told.action.url)} onClick={onRead}>
            {told.action.label}
          </Button>
        </div>
      )}
      <time class="notification__when" dateTime={told.createdAt} title={dateTime(told.createdAt)}>
        {relative(told.createdAt)}
      </time>
    </article>
  )
}

/** A page of ours is shown without leaving the app. */
function here(url: string): string {
  const { origin, pathname, search, hash } = new URL(url, location.href)
  return origin === location.origin ? `${pathname}${search}${hash}` : url
}
