import type { ComponentChildren } from 'preact'
import type { Query } from '../api/use-query.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Skeleton } from '../ui/skeleton.tsx'

/** What a query gave; until then its shape, and if it failed why, with a way to ask again. */
export function QueryState<R>({
  query,
  children,
}: {
  query: Query<R>
  children(data: R): ComponentChildren
}) {
  const t = useTexts('account')
  const data = query.data.value
  const error = query.error.value
  if (data !== null) return <>{children(data)}</>
  if (error === null)
    return (
      <div aria-busy="true">
        <Skeleton shape="card" lines={2} />
      </div>
    )
  const { title, text } = explain(error)
  return (
    <Notice
      tone="danger"
      title={title}
      alert
      actions={
        <Button size="s" busy={query.loading.value} onClick={() => void query.reload()}>
          {t.again}
        </Button>
      }
    >
      {text}
    </Notice>
  )
}
