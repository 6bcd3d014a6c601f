import { COOKIES_HEADER } from '@karcis/kit/contracts/browser'
import { NOT_BEGUN_HEADER } from '@karcis/kit/contracts/requests'
import type { Dispatcher } from 'undici'
import { type ResponseRoom, ResponseTooLarge } from './response-room.ts'
import { NobodyWaits, type Waiting } from './waiting.ts'

/** The response to one HTTP request. */
export interface HttpResponse {
  status: number
  contentType: string
  /** Belongs to whoever sent the request. */
  body: Buffer
  /** What it holds of the room for large responses; whoever is done with it gives that back. */
  held: number
  /** The subgraph says that it has begun nothing of what was asked. */
  isNotBegun: boolean
  /** Cookies for the browser, as the user subgraph gives them; undefined for none. */
  cookies?: string | undefined
}

/** Bounds of a response. */
export interface ResponseLimits {
  readonly maxBytes: number
  readonly room: ResponseRoom
}

const NOTHING = Buffer.alloc(0)

/** The other side did not answer in time. */
export class TimedOut extends Error {}

/**
 * Sends a request and collects the response. This is undici's dispatcher interface, because its streams and signals cost more
 * than all the rest of a small request.
 * @param timeoutMs from now until the response is there in full.
 * @param take is given the body as it comes, which then is neither collected nor bounded. What it throws aborts the request.
 * @param waiting who the response is for: when they have gone, the request is aborted.
 * @throws whatever the network or the clock has against it; ResponseTooLarge, NoRoom, NobodyWaits.
 */
export function dispatch(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { maxBytes, room }: ResponseLimits,
  timeoutMs: number,
  take?: (chunk: Buffer, head: Pick<HttpResponse, 'status' | 'contentType'>) => void,
  waiting?: Waiting,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let late: Error | undefined
    let status = 0
    let contentType = ''
    let isNotBegun = false
    let cookies: string | undefined
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    let held = 0
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

    function collect(chunk: Buffer): void {
      size += chunk.length
      if (size > maxBytes) throw new ResponseTooLarge(maxBytes)
      held = room.grow(held, size)
      if (!first) first = chunk
      else (more ??= [first]).push(chunk)
    }

    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started
        if (late) started.abort(late)
      },
      onResponseStart(_, code, headers) {
        status = code
        contentType = String(headers['content-type'] ?? '')
        isNotBegun = code === 503 && headers[NOT_BEGUN_HEADER] !== undefined
        cookies = headers[COOKIES_HEADER]?.toString()
        if (!take && Number(headers['content-length']) > maxBytes)
          controller?.abort(new ResponseTooLarge(maxBytes))
      },
      onResponseData(_, chunk) {
        try {
          if (take) take(chunk, { status, contentType })
          else collect(chunk)
        } catch (error) {
          controller?.abort(error as Error)
        }
      },
      onResponseEnd() {
        ended()
        const body = more ? Buffer.concat(more) : (first ?? NOTHING)
        resolve({ status, contentType, body, held, isNotBegun, cookies })
      },
      onResponseError(_, error) {
        ended()
        room.give(held)
        reject(error)
      },
    })
  })
}
