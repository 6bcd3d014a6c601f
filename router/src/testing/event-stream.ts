// A test knows the shape of what it waits for.
// oxlint-disable-next-line no-explicit-any
type Loose = any

interface StreamEvent {
  event: string
  data: Loose
}

/** The response to a request for server-sent events, read as it comes. */
export interface EventStream extends AsyncDisposable {
  response: Response
  /** The next event; null when the server has ended the stream. */
  next(): Promise<StreamEvent | null>
  /** Comments so far, which keep the connection alive. */
  readonly comments: number
}

export async function openEventStream(
  url: string,
  payload: object,
  options: { method?: 'GET' | 'POST'; headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const { method = 'POST', headers } = options
  const leaving = new AbortController()
  const parameters = Object.entries(payload).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const response = await fetch(method === 'GET' ? `${url}?${new URLSearchParams(parameters)}` : url, {
    method,
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: JSON.stringify(payload) }),
    signal: leaving.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  let comments = 0

  return {
    response,
    get comments() {
      return comments
    },
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end >= 0) {
          const block = text.slice(0, end)
          text = text.slice(end + 2)
          if (!block.startsWith(':')) return read(block)
          comments++
          continue
        }
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done) return null
        text += value
      }
    },
    async [Symbol.asyncDispose]() {
      leaving.abort()
      await reader?.cancel().catch(() => undefined)
    },
  }
}

function read(block: string): StreamEvent {
  const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)))
  return { event: fields.event, data: fields.data ? JSON.parse(fields.data) : null }
}
