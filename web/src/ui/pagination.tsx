import { number } from '../texts/format.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from './button.tsx'
import { Progress } from './progress.tsx'
import './pagination.css'

interface PaginationProps {
  shown: number
  /** How many there are in all, where that is known. */
  total?: number
  hasNext: boolean
  loading: boolean
  onMore(): void
}

/** The end of a list so far: how much of it is seen, and a button for more. The focus stays on the button. */
export function Pagination({ shown, total, hasNext, loading, onMore }: PaginationProps) {
  const t = useTexts('ui')
  const text = total === undefined ? undefined : t.shown(number(shown), number(total))
  return (
    <div class="pagination">
      <p class="pagination__text" role="status">
        {text}
      </p>
      {total !== undefined && hasNext && (
        <div class="pagination__progress">
          <Progress label={text ?? t.showMore} value={shown} max={total} />
        </div>
      )}
      {hasNext && (
        <Button onClick={onMore} busy={loading}>
          {t.showMore}
        </Button>
      )}
    </div>
  )
}
