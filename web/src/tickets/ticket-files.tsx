import { useSignal } from '@preact/signals'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { ask } from '../api/ask.ts'
import {
  GoogleWallet,
  TicketFiles,
  type TicketFilesResult,
  type TicketOfMine,
} from '../generated/tickets/tickets.ts'
import { language } from '../texts/language.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { referenceOf } from './ticket-groups.ts'

type Files = NonNullable<TicketFilesResult['ticket']> & { googleWalletUrl: string | null }

/** A ticket to print, and for calendars and wallets. Whoever has such a link can open it, for a quarter of an hour: so they are asked for when they are wanted. */
export function TicketFilesOf({ ticket: { id } }: { ticket: TicketOfMine }) {
  const t = useTexts('tickets')
  const files = useSignal<Files | null>(null)
  const error = useSignal<ApiError | null>(null)
  const load = async () => {
    error.value = null
    const variables = { id, language: language.value === 'id' ? ('ID' as const) : ('EN' as const) }
    try {
      const [{ ticket }, google] = await Promise.all([
        ask(TicketFiles, variables),
        ask(GoogleWallet, variables).catch(() => null), // the wallet may be away, the files are not
      ])
      if (ticket) files.value = { ...ticket, googleWalletUrl: google?.ticket?.googleWalletUrl ?? null }
    } catch (failure) {
      error.value = asApiError(failure)
    }
  }
  const toggled = (open: boolean) => {
    files.value = null
    if (open) void load()
  }
  const { pdfUrl, calendarUrl, passUrl, googleWalletUrl } = files.value ?? {}
  return (
    <Disclosure summary={t.keep} onToggle={toggled}>
      {error.value ? (
        <Notice tone="info" title={explain(error.value).title}>
          {t.filesLater}
        </Notice>
      ) : files.value ? (
        <div class="ticket-files">
          {pdfUrl && (
            <Button icon="download" href={pdfUrl} download={`karcis-${referenceOf(id)}.pdf`}>
              {t.pdf}
            </Button>
          )}
          {calendarUrl && (
            <Button icon="calendar" href={calendarUrl} download={`karcis-${referenceOf(id)}.ics`}>
              {t.ics}
            </Button>
          )}
          {passUrl && (
            <Button icon="wallet" href={passUrl} target="_blank">
              {t.apple}
            </Button>
          )}
          {googleWalletUrl && (
            <Button icon="wallet" href={googleWalletUrl} target="_blank" rel="noopener">
              {t.google}
            </Button>
          )}
        </div>
      ) : (
        <Skeleton lines={2} />
      )}
    </Disclosure>
  )
}
