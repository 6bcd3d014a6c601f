import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'

interface DialogButtonsProps {
  /** What sending the form does. */
  go: string
  busy: boolean
  onCancel(): void
}

/** At the end of a form in a dialog. */
export function DialogButtons({ go, busy, onCancel }: DialogButtonsProps) {
  const t = useTexts('tickets')
  return (
    <div class="dialog-buttons">
      <Button variant="primary" type="submit" busy={busy}>
        {go}
      </Button>
      <Button variant="quiet" onClick={onCancel}>
        {t.cancel}
      </Button>
    </div>
  )
}
