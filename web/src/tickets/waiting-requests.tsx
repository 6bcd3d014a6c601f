import { putAway, queueState } from '../offline/queue.ts'
import { toldBy } from '../offline/told.ts'
import { language } from '../texts/language.ts'
import { useTexts } from '../texts/index.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { Notice } from '../ui/notice.tsx'

/** Purchases that have not reached the API yet, or were refused while nobody looked. @param bookingId only those about this booking. */
export function WaitingRequests({ bookingId }: { bookingId?: string }) {
  const t = useTexts('bookings')
  const entries = queueState.value.filter((entry) => bookingId === undefined || entry.bookingId === bookingId)
  const waiting = entries.filter(({ state, told }) => state === 'waiting' || (state === 'sending' && !told))
  const failed = entries.filter(({ state }) => state === 'failed')
  return (
    <>
      {waiting.length > 0 && (
        <Notice tone="info" title={t.waiting}>
          {t.waitingText}
        </Notice>
      )}
      {failed.map((entry) => {
        const { title, body } = toldBy(entry, language.value)
        return (
          <Notice
            key={entry.key}
            tone="warning"
            title={title}
            actions={<IconButton icon="close" label={t.back} onClick={() => void putAway(entry.key)} />}
          >
            {body}
          </Notice>
        )
      })}
    </>
  )
}
