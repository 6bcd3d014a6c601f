import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { session } from '../api/session.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { TextArea } from '../ui/text-area.tsx'
import { textOf } from '../ui/text-of.ts'
import { notify } from '../ui/toast.ts'
import { signInUrl } from './wishes.tsx'

interface ReportButtonProps {
  /** What is reported, in words. */
  what: string
  /** Sends it. @throws ApiError CONFLICT: reported already; RATE_LIMITED. */
  send(reason: string): Promise<unknown>
}

/** A way to tell the platform's people that something is wrong. */
export function ReportButton({ what, send }: ReportButtonProps) {
  const t = useTexts('event')
  const { route } = useLocation()
  const isOpen = useSignal(false)
  const close = () => {
    isOpen.value = false
  }
  return (
    <>
      <Button
        variant="quiet"
        size="s"
        icon="flag"
        aria-label={t.report.of(what)}
        onClick={() => {
          if (session.value.status !== 'signed-in') return route(signInUrl())
          isOpen.value = true
        }}
      >
        {t.report.button}
      </Button>
      <Dialog open={isOpen.value} title={t.report.of(what)} onClose={close}>
        <Form
          onSubmit={async (data) => {
            await send(textOf(data, 'reason'))
            close()
            notify(t.report.sent)
          }}
        >
          {(busy) => (
            <>
              <Field label={t.report.reason} hint={t.report.hint} name="reason">
                <TextArea name="reason" required maxLength={1_000} />
              </Field>
              <div class="row">
                <Button variant="primary" type="submit" busy={busy}>
                  {t.report.send}
                </Button>
                <Button onClick={close}>{t.cancel}</Button>
              </div>
            </>
          )}
        </Form>
      </Dialog>
    </>
  )
}
