import { asApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import { useTitle } from '../texts/title.ts'

/** In place of a page that failed: what happened, by its code, and what can be done. */
export function PageError({ error, retry }: { error: unknown; retry(): void }) {
  const t = useTexts('app')
  const { title, text } = explain(asApiError(error))
  useTitle(title)
  return (
    <section class="page-message">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <button type="button" onClick={retry}>
          {t.failed.retry}
        </button>{' '}
        <a href="/">{t.failed.home}</a>
      </p>
    </section>
  )
}

/** In place of a page whose code the server has no more. */
export function NewerVersion() {
  const t = useTexts('app')
  useTitle(t.failed.newer)
  return (
    <section class="page-message">
      <h1>{t.failed.newer}</h1>
      <p>{t.failed.newerText}</p>
      <button type="button" onClick={() => location.reload()}>
        {t.updateNow}
      </button>
    </section>
  )
}

/** For an address that no room has a page for. */
export function NotFound() {
  const t = useTexts('app')
  useTitle(t.notFound.title)
  return (
    <section class="page-message">
      <h1>{t.notFound.title}</h1>
      <p>{t.notFound.text}</p>
      <a href="/">{t.notFound.action}</a>
    </section>
  )
}
