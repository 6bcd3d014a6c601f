import { auditServer } from 'graphql-http'
import { expect, it } from 'vitest'
import { createWorld } from '../testing/world.ts'

it('passes every audit of GraphQL over HTTP', async () => {
  await using world = await createWorld()
  // A client that is no browser says so, or its GET might have been made by any page.
  const fetchFn: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers)
    headers.set('apollo-require-preflight', 'true')
    return fetch(url, { ...init, headers })
  }
  const results = await auditServer({ url: world.url, fetchFn })
  const failed = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.id} ${result.name}: ${result.reason}`],
  )
  expect(failed).toEqual([])
  expect(results).toHaveLength(61)
})
