import { asApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'

/** In place of a page that failed: what happened, by its code, and what can be done. */
export function PageError({ error, retry }: { error: unknown; retry(): void }) {
  const t = useTexts('app')
  const { title, text } = explain(asApiError(error))
  useTitle(title)
  return (
    <div class="page page-message">
      <Empty
        level={1}
        title={title}
        text={text}
        action={
          <div class="row">
            <Button variant="primary" onClick={retry}>
              {t.failed.retry}
            </Button>
            <Button variant="quiet" href="/">
              {t.failed.home}
            </Button>
          </div>
        }
      />
    </div>
  )
}

/** For an address that no room has a page for. */
export function NotFound() {
  const t = useTexts('not-found')
  useTitle(t.title)
  return (
    <div class="page page-message">
      <Empty
        level={1}
        title={t.title}
        text={t.text}
        action={
          <Button variant="primary" href="/">
            {t.action}
          </Button>
        }
      />
    </div>
  )
}
