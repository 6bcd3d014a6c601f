import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { notify } from '../ui/toast.ts'

/** New recovery codes, which are shown this once: closed only by who says that they have kept them. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept(): void }) {
  const t = useTexts('settings').securityPage
  return (
    <Dialog
      open
      insistent
      title={t.codes}
      onClose={onKept}
      actions={
        <>
          <Button variant="primary" onClick={onKept}>
            {t.kept}
          </Button>
          <Button
            icon="copy"
            onClick={() => void navigator.clipboard.writeText(codes.join('\n')).then(() => notify(t.copied))}
          >
            {t.copy}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t.codesOnce}</p>
        <ol class="account-codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
      </div>
    </Dialog>
  )
}
