import type { Dispatcher } from 'undici'
import { NobodyWaits, type Waiting } from './waiting.ts'

/** The response to one HTTP request. */
export interface HttpResponse {
  status: number
  contentType: string
  /** Belongs to whoever sent the request. */
  body: Buffer
}

const NOTHING = Buffer.alloc(0)

/** The other side did not answer in time. */
export class TimedOut extends Error {}

/**
 * Sends a request and collects the response. This is undici's dispatcher interface, because its streams and signals cost more
 * than all the rest of a small request.
 * @param timeoutMs from now until the response is there in full.
 * @param take is given the body as it comes, which then is not collected. What it throws aborts the request.
 * @param waiting who the response is for: when they have gone, the request is aborted.
 * @throws whatever the network or the clock has against it; NobodyWaits.
 */
export function dispatch(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  timeoutMs: number,
  take?: (chunk: Buffer, head: Pick<HttpResponse, 'status' | 'contentType'>) => void,
  waiting?: Waiting,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let late: Error | undefined
    let status = 0
    let contentType = ''
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    const abort = (reason: Error): void => {
      late = reason
      controller?.abort(reason)
      reject(reason) // it may not even have been sent
    }
    const timer = setTimeout(() => abort(new TimedOut(`did not answer within ${timeoutMs} ms`)), timeoutMs)
    const listener = waiting && { waitEnded: () => abort(new NobodyWaits()) }
    if (listener) waiting.add(listener)
    const ended = (): void => {
      clearTimeout(timer)
      if (listener) waiting.remove(listener)
    }

    function give(chunk: Buffer): void {
      try {
        take?.(chunk, { status, contentType })
      } catch (error) {
        controller?.abort(error as Error)
      }
    }

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
        if (take) give(chunk)
        else if (!first) first = chunk
        else (more ??= [first]).push(chunk)
      },
      onResponseEnd() {
        ended()
        resolve({ status, contentType, body: more ? Buffer.concat(more) : (first ?? NOTHING) })
      },
      onResponseError(_, error) {
        ended()
        reject(error)
      },
    })
  })
}
