interface Operation {
  query: string
  operationName?: string
  variables?: object
}

interface Frame {
  type: string
  payload?: unknown
}

/**
 * How the IDE asks: queries and mutations over HTTP, subscriptions over graphql-transport-ws, both with the headers of its
 * headers editor; a browser cannot set headers on a WebSocket, so there the Authorization goes into `connection_init`.
 * @param onAnswer hears of each answer to a query or a mutation.
 * This function runs in the browser, as text: it may use nothing from outside itself.
 */
export function createIdeFetcher(endpoint: string, onAnswer: (answer: unknown) => void = () => undefined) {
  return (operation: Operation, { headers = {} }: { headers?: Record<string, string> } = {}) =>
    isSubscription(operation) ? subscribe(operation, headers) : ask(operation, headers)

  async function ask(operation: Operation, headers: Record<string, string>): Promise<unknown> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(operation),
    })
    const answer: unknown = await response.json()
    onAnswer(answer)
    return answer
  }

  /** Whether the operation that is asked for, and not another one in the document, is a subscription. */
  function isSubscription({ query, operationName }: Operation): boolean {
    const kinds = [...query.matchAll(/(?:^|\})\s*(query|mutation|subscription)\b\s*(\w*)/gm)]
    const chosen = kinds.find(([, , name]) => name === operationName) ?? kinds[0]
    return chosen?.[1] === 'subscription'
  }

  async function* subscribe(operation: Operation, headers: Record<string, string>): AsyncGenerator {
    const authorization = Object.entries(headers).find(
      ([name]) => name.toLowerCase() === 'authorization',
    )?.[1]
    const socket = new WebSocket(endpoint.replace(/^http/, 'ws'), 'graphql-transport-ws')
    const frames: Frame[] = []
    let wake = (): void => undefined
    const receive = (frame: Frame): void => {
      frames.push(frame)
      wake()
    }
    socket.addEventListener('message', ({ data }) => receive(JSON.parse(data as string)))
    socket.addEventListener('close', ({ code, reason }) =>
      receive({ type: 'closed', payload: `The connection was closed: ${code} ${reason}` }),
    )
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
    )
    try {
      for (;;) {
        const frame = frames.shift()
        if (!frame) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else if (frame.type === 'connection_ack') {
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }))
        } else if (frame.type === 'next') yield frame.payload
        else if (frame.type === 'error') return yield { errors: frame.payload }
        else if (frame.type === 'closed') return yield { errors: [{ message: frame.payload }] }
        else if (frame.type === 'complete') return
      }
    } finally {
      socket.close()
    }
  }
}
