import type pg from 'pg'

/** A mail that has come. */
export interface Arrival {
  /** Of the delivery. */
  id: string
  to: string
  /** In milliseconds. */
  at: number
}

/** How many came within any second, at most. */
export function mostWithinASecond(arrivals: readonly Arrival[]): number {
  let [most, first] = [0, 0]
  for (const [last, { at }] of arrivals.entries()) {
    while ((arrivals[first]?.at ?? at) < at - 1_000) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** How far the order of mails, which are of one priority, is from the order that they were written in. */
export async function describeOrder(
  db: pg.Client,
  arrivals: readonly Arrival[],
): Promise<[what: string, figure: number][]> {
  const { rows } = await db.query<{ id: string; place: number }>(
    `SELECT id, (row_number() OVER (ORDER BY seq))::int - 1 AS place FROM deliveries WHERE id = ANY($1::uuid[])`,
    [[...new Set(arrivals.map(({ id }) => id))]],
  )
  const placeOf = new Map(rows.map(({ id, place }) => [id, place]))
  const moved = arrivals.map(({ id }, at) => Math.abs((placeOf.get(id) ?? at) - at))
  return [
    ['came, in all', arrivals.length],
    ['came twice', arrivals.length - rows.length],
    ['places from their own order, at most', Math.max(0, ...moved)],
  ]
}
