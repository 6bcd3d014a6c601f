import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { list } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { notify } from '../ui/toast.ts'
import { type Draft, writeDraft } from './draft.ts'
import { type HoldFields, holdAgain, seatLabel } from './holding.ts'
import { ProblemNotice } from './problem-notice.tsx'

/** The end of a hold's time: nothing is lost silently. The same is looked for again, and what was filled in goes along. */
export function HoldOver({ hold, draft, open }: { hold: HoldFields; draft: Draft; open: boolean }) {
  const t = useTexts('checkout')
  const { route } = useLocation()
  const busy = useSignal(false)
  const error = useSignal<ApiError | null>(null)
  const choosing = `/events/${hold.event?.slug ?? hold.eventId}/buy`
  const again = async () => {
    busy.value = true
    error.value = null
    try {
      const { hold: next, same } = await holdAgain(hold)
      writeDraft(next.id, draft)
      const seats = next.items.flatMap(({ seat }) => (seat ? seatLabel(seat) : []))
      notify(same ? t.hold.same : t.hold.nearby(list(seats)), { tone: same ? 'success' : 'info' })
      route(`/checkout/${next.id}`, true)
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      busy.value = false
    }
  }
  return (
    <Dialog
      open={open}
      insistent
      title={t.hold.overTitle}
      onClose={() => undefined}
      size="s"
      actions={
        <>
          <Button variant="primary" busy={busy.value} onClick={() => void again()}>
            {t.hold.again}
          </Button>
          <Button href={choosing}>{t.hold.anew}</Button>
        </>
      }
    >
      <p>{t.hold.overText}</p>
      <ProblemNotice error={error.value} />
    </Dialog>
  )
}
