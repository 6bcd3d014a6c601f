import { describe, expect, it } from 'vitest'
import { parsePage, toConnection } from '../src/pagination.ts'

const all = Array.from({ length: 7 }, (_, index) => ({ id: String(index) }))

/** What a store does with a page, on a list in memory. */
function fetchPage(args: Parameters<typeof parsePage>[0]) {
  const page = parsePage(args, 1)
  let rows = all.filter(
    (row) =>
      (!page.after || row.id > String(page.after[0])) && (!page.before || row.id < String(page.before[0])),
  )
  if (page.backward) rows = rows.toReversed()
  return toConnection(
    rows.slice(0, page.limit + 1),
    page,
    (row) => [row.id],
    async () => all.length,
  )
}

const ids = (connection: ReturnType<typeof fetchPage>) =>
  connection.edges.map((edge) => edge.node.id).join('')

describe('a connection', () => {
  it('walks forward to the end', () => {
    const first = fetchPage({ first: 3 })
    expect(ids(first)).toBe('012')
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const second = fetchPage({ first: 4, after: first.pageInfo.endCursor })
    expect(ids(second)).toBe('3456')
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  })

  it('walks backward to the beginning, each page in list order', () => {
    const last = fetchPage({ last: 3 })
    expect(ids(last)).toBe('456')
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const before = fetchPage({ last: 5, before: last.pageInfo.startCursor })
    expect(ids(before)).toBe('0123')
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  it.each([
    [{ first: 0 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: -1 }, 'last'],
    [{ first: 1, last: 1 }, 'first'],
    [{ after: 'nonsense' }, 'after'],
    [{ before: Buffer.from('["a","b"]').toString('base64url') }, 'before'],
  ])('refuses %j, naming %s', (args, path) => {
    expect(() => fetchPage(args)).toThrow(
      expect.objectContaining({
        code: 'BAD_USER_INPUT',
        facts: { fields: [expect.objectContaining({ path })] },
      }),
    )
  })
})
