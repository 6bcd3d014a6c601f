import { setTimeout as sleep } from 'node:timers/promises'
import { type Exchange, postRequest } from '../router/connection.ts'
import { inTurn, type Rounds } from '../router/figures.ts'
import { saturate } from '../router/load.ts'
import type { Front } from './platform.ts'

export const CONNECTIONS = 64
const DIFFERENT = 60

/** The last front finishes what was cut off, before the next one is measured. */
const SETTLE_MS = 200

/** A page of events, answered by three subgraphs. */
const QUERY = `query Page($search: String) {
  events(filter: { search: $search }, first: 10) {
    edges { node { id title startsAt organizer { id name } ticketTypes { id name price currency available } } }
  }
}`

/** Requests that all have the same response. */
export interface Demand {
  title: string
  searches: (string | null)[]
}

export const DEMANDS: Demand[] = [
  { title: 'everybody asks for the same page', searches: [null] },
  {
    title: 'every request is another',
    searches: Array.from({ length: DIFFERENT }, (_, n) => ' '.repeat(n)),
  },
]

/** @returns the figures of each, and the length of a response. @throws Error when they respond differently. */
export async function measureDemand(
  { searches }: Demand,
  fronts: Front[],
  rounds: number,
  ms: number,
): Promise<{ measured: Rounds[]; bytes: number }> {
  const entrants = await Promise.all(
    fronts.map(async (front) => {
      const exchanges = await Promise.all(searches.map((search) => ask(front.port, search)))
      const measured: Rounds = { name: front.name, rates: [], cpu: [] }
      return { front, measured, load: { port: front.port, connections: CONNECTIONS, exchanges } }
    }),
  )
  const responses = new Set(
    entrants.flatMap(({ load }) => load.exchanges.map(({ expected }) => expected.toString().trim())),
  )
  if (responses.size > 1) throw new Error(`They respond differently:\n${[...responses].join('\n')}`)
  // The rounds before the first only warm.
  for (let round = -2; round < rounds; round++) {
    for (const { front, load, measured } of inTurn(entrants, round)) {
      await sleep(SETTLE_MS)
      const before = front.cpu()
      const started = performance.now()
      const { length: answered } = await saturate(load, { ms })
      if (round < 0) continue
      measured.rates.push((answered * 1000) / (performance.now() - started))
      const after = Object.entries(front.cpu())
      measured.cpu.push(
        Object.fromEntries(after.map(([part, used]) => [part, (used - (before[part] ?? 0)) / answered])),
      )
    }
  }
  return { measured: entrants.map(({ measured }) => measured), bytes: [...responses][0]?.length ?? 0 }
}

async function ask(port: number, search: string | null): Promise<Exchange> {
  const body = JSON.stringify({ query: QUERY, variables: { search } })
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
  })
  const expected = Buffer.from(await response.arrayBuffer())
  const { errors } = JSON.parse(expected.toString()) as { errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return { request: postRequest(port, body), expected }
}
