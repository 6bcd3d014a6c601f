import { lazy } from 'preact-iso'
import { stepUpRequest } from '../api/step-up.ts'
import { loadTexts } from '../texts/index.ts'

const Dialog = lazy(async () => {
  const [page] = await Promise.all([
    import('../account/step-up-dialog.tsx'),
    loadTexts(['account', 'ui', 'forms']),
  ])
  return page
})

/** Asks somebody to show once more that it is them, wherever they are, while something waits for it (`withStepUp`). */
export function StepUp() {
  const request = stepUpRequest.value
  return request && <Dialog request={request} />
}
