import { useEffect, useRef } from 'preact/hooks'
import type { TicketOfMine } from '../generated/tickets/tickets.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { QrCode } from './qr-code.tsx'
import { placeOf, referenceOf } from './ticket-groups.ts'
import { useWakeLock } from './wake-lock.ts'

interface AtDoorProps {
  tickets: readonly TicketOfMine[]
  /** Which of them is shown. */
  at: number
  onGo(at: number): void
  onClose(): void
}

/** One code, as large as the screen, on white, which lights up the screen: for the scanner at the door. The screen stays on. */
export function AtDoor({ tickets, at, onGo, onClose }: AtDoorProps) {
  const t = useTexts('tickets')
  const dialog = useRef<HTMLDialogElement>(null)
  useWakeLock(true)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => {
      if (document.fullscreenElement === element) void document.exitFullscreen()
    }
  }, [])
  const ticket = tickets[at]
  if (!ticket) return null
  const { attendee, code, id, event } = ticket
  const go = (step: number) => {
    if (tickets[at + step]) onGo(at + step)
  }
  return (
    <dialog
      ref={dialog}
      class="at-door"
      aria-label={t.atDoor}
      onClose={onClose}
      onKeyDown={({ key }) => go({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0)}
    >
      <header class="at-door__head">
        <p class="at-door__event">{event?.title}</p>
        <IconButton icon="close" label={t.close} onClick={() => dialog.current?.close()} />
      </header>
      <QrCode code={code} label={t.codeOf(referenceOf(id))} />
      <div class="at-door__words" aria-live="polite">
        <p class="at-door__what">{placeOf(ticket, t.seat)}</p>
        <p>
          {attendee && `${attendee.name} · `}
          <span class="figures">{referenceOf(id)}</span>
        </p>
      </div>
      <footer class="at-door__foot">
        {tickets.length > 1 && (
          <>
            <IconButton icon="chevron-left" label={t.previous} disabled={at === 0} onClick={() => go(-1)} />
            <span>{t.which(at + 1, tickets.length)}</span>
            <IconButton
              icon="chevron-right"
              label={t.next}
              disabled={at === tickets.length - 1}
              onClick={() => go(1)}
            />
          </>
        )}
        {document.fullscreenEnabled && (
          <Button
            size="s"
            variant="quiet"
            onClick={() => void dialog.current?.requestFullscreen().catch(() => undefined)}
          >
            {t.fullScreen}
          </Button>
        )}
      </footer>
    </dialog>
  )
}
