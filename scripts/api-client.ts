// A script knows the shape of what it asks for; naming each shape twice would say nothing more.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Answer = any

/** Calls the public API of a running platform. The result runs one operation and fails with what the API said. */
export function createApi(routerUrl: string) {
  return async (query: string, variables: Record<string, unknown> = {}, token?: string): Promise<Answer> => {
    const response = await fetch(`${routerUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data?: Answer; errors?: { message: string }[] }
    if (errors) throw new Error(`${errors.map((error) => error.message).join('; ')} (${query})`)
    return data
  }
}
