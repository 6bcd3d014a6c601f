import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { session } from '../api/session.ts'
import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { Switch } from '../ui/switch.tsx'
import { CountsView } from './counts-view.tsx'
import { clock } from './describe.ts'
import type { Door } from './door.ts'
import { prefer, preferences } from './preferences.ts'
import type { Scanner } from './scanner.ts'

/** What is set once in an evening: sound, light, another scanner, and the end of this one. */
export function MenuSheet({
  open,
  door,
  close,
  leave,
}: {
  open: boolean
  door: Door
  close(): void
  leave(): Promise<void>
}) {
  const t = useTexts('door')
  const part = useSignal<'menu' | 'invite' | 'leave'>('menu')
  const [known, waiting] = [door.known.value, door.waiting.value]
  const mayInvite = session.value.status === 'signed-in'
  const shut = (): void => {
    part.value = 'menu'
    close()
  }
  const title = { menu: door.scanner.title || t.title, invite: t.invite.heading, leave: t.scan.leaveAsk }[
    part.value
  ]
  return (
    <Sheet open={open} title={title} onClose={shut}>
      {part.value === 'menu' && (
        <div class="door-menu">
          <p class="door-note">
            {known ? t.link.ready(number(known.tickets), clock(known.freshAt)) : t.link.noList}
          </p>
          <Switch
            label={t.scan.sound}
            checked={!preferences.value.isQuiet}
            onChange={() => prefer({ isQuiet: !preferences.value.isQuiet })}
          />
          <Switch
            label={t.scan.theme}
            checked={preferences.value.isLight}
            onChange={() => prefer({ isLight: !preferences.value.isLight })}
          />
          <CountsView door={door} />
          {mayInvite && (
            <Button wide icon="plus" onClick={() => (part.value = 'invite')}>
              {t.scan.addDevice}
            </Button>
          )}
          <Button wide variant="danger" onClick={() => (part.value = 'leave')}>
            {t.scan.leave}
          </Button>
          <Button wide variant="quiet" href="/">
            {t.scan.back}
          </Button>
        </div>
      )}
      {part.value === 'invite' && <InviteLater scanner={door.scanner} />}
      {part.value === 'leave' && (
        <div class="door-menu">
          <p>{waiting > 0 ? t.scan.leaveWaiting(waiting) : t.scan.leaveHint}</p>
          {waiting > 0 && (
            <Button wide variant="primary" onClick={() => void door.refresh()}>
              {t.link.sendNow}
            </Button>
          )}
          <Button wide variant="danger" onClick={() => void leave()}>
            {waiting > 0 ? t.scan.leaveAnyway : t.scan.leave}
          </Button>
          <Button wide onClick={() => (part.value = 'menu')}>
            {t.scan.cancel}
          </Button>
        </div>
      )}
    </Sheet>
  )
}

/** What draws codes is loaded only for whoever invites others. */
function InviteLater({ scanner }: { scanner: Scanner }) {
  const t = useTexts('door')
  const loaded = useSignal<{ Invite: ComponentType<{ scanner: Scanner }> } | 'failed' | null>(null)
  useEffect(() => {
    import('./invite.tsx').then(
      ({ Invite }) => (loaded.value = { Invite }),
      () => (loaded.value = 'failed'),
    )
  }, [])
  if (loaded.value === 'failed') return <p role="alert">{t.invite.failed}</p>
  return loaded.value ? <loaded.value.Invite scanner={scanner} /> : <p role="status">{t.loading}</p>
}
