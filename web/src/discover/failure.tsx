import type { ApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

/** In place of what could not be read: why, and once more. */
export function Failure({ error, retry }: { error: ApiError; retry(): unknown }) {
  const t = useTexts('discover')
  const { title, text } = explain(error)
  return (
    <Notice
      tone="danger"
      title={title}
      alert
      actions={
        <Button size="s" icon="refresh" onClick={() => void retry()}>
          {t.retry}
        </Button>
      }
    >
      {text}
    </Notice>
  )
}
