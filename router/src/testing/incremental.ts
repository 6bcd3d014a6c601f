interface Part {
  data?: Record<string, unknown> | null
  errors?: readonly { message: string; path?: readonly (string | number)[] }[]
  incremental?: readonly {
    data: Record<string, unknown> | null
    path: (string | number)[]
    errors?: Part['errors']
  }[]
  hasNext?: boolean
}

/** Asks as Apollo Client does, and gives the payloads as they come: one where nothing is deferred. */
export async function* readIncremental(
  url: string,
  query: string,
  variables: object = {},
): AsyncGenerator<Part> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'multipart/mixed;deferSpec=20220824,application/json',
    },
    body: JSON.stringify({ query, variables }),
  })
  if (!response.body) return
  if (!response.headers.get('content-type')?.startsWith('multipart/mixed')) {
    yield (await response.json()) as Part
    return
  }
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\r\n---', 1); end > 0; end = text.indexOf('\r\n---', 1)) {
      const part = text.slice(0, end)
      text = text.slice(end + 1)
      yield JSON.parse(part.slice(part.indexOf('{'))) as Part
    }
  }
}
