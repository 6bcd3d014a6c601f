import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { asApiError } from '../api/api-error.ts'
import { explain, useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { Progress } from '../ui/progress.tsx'
import { Narrow } from './narrow.tsx'

/** What a mailed link carries behind its `#`. It is good once, and is taken out of the address, so that it stays in no history. */
export function useMailedToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token'))
  useEffect(() => history.replaceState(null, '', location.pathname + location.search), [])
  return token
}

/** In place of a page that a link leads to which has lost its end. */
export function NoToken() {
  const t = useTexts('account')
  return <Narrow title={t.noToken.title} text={t.noToken.text} />
}

interface ByLinkProps {
  /** What the page is called while it works. */
  working: string
  /** What the link is for. Gives what is shown then. */
  take(token: string): Promise<ComponentChildren>
  /** What can be done when the link is no good. */
  otherwise?: ComponentChildren
}

/** Does at once what a mailed link is for, and says what came of it. */
export function ByLink({ working, take, otherwise }: ByLinkProps) {
  const t = useTexts('account')
  const token = useMailedToken()
  const done = useSignal<ComponentChildren>(null)
  const failure = useSignal<unknown>(null)
  const begin = async () => {
    failure.value = null
    try {
      if (token !== null) done.value = await take(token)
    } catch (error) {
      failure.value = error
    }
  }
  useEffect(() => void begin(), [])
  if (token === null) return <NoToken />
  if (done.value) return <>{done.value}</>
  if (failure.value === null)
    return (
      <Narrow title={working}>
        <Progress label={working} />
      </Narrow>
    )
  const error = asApiError(failure.value)
  // Nothing is filled in here that could be wrong but the link itself.
  const { title, text } = error.code === 'BAD_USER_INPUT' ? t.noToken : explain(error)
  const mayPass = ['OFFLINE', 'UNREACHABLE', 'SERVICE_UNAVAILABLE', 'RATE_LIMITED'].includes(error.code)
  return (
    <Narrow title={title} text={text}>
      {mayPass ? (
        <Button variant="primary" onClick={() => void begin()}>
          {t.again}
        </Button>
      ) : (
        otherwise
      )}
    </Narrow>
  )
}
