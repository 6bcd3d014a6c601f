/** The body of a GraphQL answer. */
export interface GraphQLBody<T> {
  readonly data?: T | null
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions?: { readonly code?: string; readonly [key: string]: unknown }
  }[]
}

// What a test asks for it knows the shape of; naming each shape twice would say nothing more.
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any

/** Posts one operation to `url` and gives back what came, errors included. @param signal gives up when it aborts. */
export async function gql<T = Loose>(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<{ status: number; body: GraphQLBody<T>; headers: Headers }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  })
  return {
    status: response.status,
    body: (await response.json()) as GraphQLBody<T>,
    headers: response.headers,
  }
}
