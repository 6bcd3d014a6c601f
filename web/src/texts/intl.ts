import { scriptUrl } from '../api/script-url.ts'
import workerUrl from './intl-worker.ts?worker&url'

/**
 * Has `Intl` ready. The first use of it takes a phone a tenth of a second, whatever is asked of it, but once for all threads: so another one than the page's
 * has it. What goes wrong with that is no harm: then the page's own takes that time.
 */
export const prepareIntl = (): Promise<unknown> =>
  new Promise((resolve) => {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    for (const end of ['message', 'error']) worker.addEventListener(end, resolve)
  })
