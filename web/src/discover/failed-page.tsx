import type { ApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'

/** In place of a whole page that could not be read: why, and once more. */
export function FailedPage({ error, retry }: { error: ApiError; retry(): unknown }) {
  const t = useTexts('discover')
  const { title, text } = explain(error)
  useTitle(title)
  return (
    <div role="alert">
      <Empty
        level={1}
        title={title}
        text={text}
        action={
          <Button variant="primary" icon="refresh" onClick={() => void retry()}>
            {t.retry}
          </Button>
        }
      />
    </div>
  )
}
