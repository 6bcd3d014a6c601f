import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/api-error.ts'
import { useTexts } from '../texts/index.ts'
import { Notice } from '../ui/notice.tsx'
import { problemOf, type Remedy } from './problem.ts'

interface ProblemNoticeProps {
  error: ApiError | null
  /** What can be pressed for each remedy; what is left out is said in words alone. */
  remedies?: Partial<Record<NonNullable<Remedy>, ComponentChildren>>
}

/** Why something did not go on, heard at once, with the next step. */
export function ProblemNotice({ error, remedies = {} }: ProblemNoticeProps) {
  const t = useTexts('checkout')
  if (!error) return null
  const { title, text, remedy } = problemOf(error, t)
  return (
    <Notice tone="danger" title={title} alert actions={remedy && remedies[remedy]}>
      {text}
    </Notice>
  )
}
