import { useLocation } from 'preact-iso'
import type { ApiError } from '../api/api-error.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { signInUrl } from './identity.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** A page that cannot show what it is about; who has to sign in for it comes back here. */
export function RefusedPage({ title, error }: { title: string; error: ApiError }) {
  const t = useTexts('checkout')
  const { url } = useLocation()
  return (
    <div class="checkout">
      <h1>{title}</h1>
      <ProblemNotice
        error={error}
        remedies={{
          IDENTIFY: (
            <Button variant="primary" href={signInUrl(url)}>
              {t.identity.signIn}
            </Button>
          ),
        }}
      />
    </div>
  )
}
