import type { Dispatcher } from 'undici'

/** What came of one HTTP request. */
export interface Received {
  status: number
  contentType: string
  /** Nobody else's. */
  body: Buffer
}

const NOTHING = Buffer.alloc(0)

/**
 * Sends a request and collects its answer. This is the dispatcher's own interface: its streams and signals cost more than all
 * the rest of a small exchange.
 * @param timeoutMs from now until the answer is there in full.
 * @throws whatever the network or the clock has against it.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  timeoutMs: number,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let late: Error | undefined
    let status = 0
    let contentType = ''
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    const timer = setTimeout(() => {
      late = new Error(`did not answer within ${timeoutMs} ms`)
      controller?.abort(late)
      reject(late) // it may not even have been sent
    }, timeoutMs)

    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started
        if (late) started.abort(late)
      },
      onResponseStart(_, code, headers) {
        status = code
        contentType = String(headers['content-type'] ?? '')
      },
      onResponseData(_, chunk) {
        if (!first) first = chunk
        else (more ??= [first]).push(chunk)
      },
      onResponseEnd() {
        clearTimeout(timer)
        resolve({ status, contentType, body: more ? Buffer.concat(more) : (first ?? NOTHING) })
      },
      onResponseError(_, error) {
        clearTimeout(timer)
        reject(error)
      },
    })
  })
}
