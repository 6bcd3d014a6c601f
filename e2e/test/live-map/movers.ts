import { setTimeout as pause } from 'node:timers/promises'
import { gql } from '@karcis/testkit/gql'

const PATIENCE_MS = 10_000
const AGAIN_MS = 100
/** Of the seats that are tried for, about so many are held at any time. */
const HELD_PART = 0.4

/** Where seats are held and let go. */
export interface Ground {
  url(): string
  eventId: string
  /** Seats that are taken together, none of which leaves one alone. */
  blocks: readonly (readonly string[])[]
  /** Signed in. */
  tokens: readonly string[]
  random(): number
  stop: AbortSignal
}

/** People who hold and let go of seats without a rest. */
export interface Movers {
  /** How many change sets a second they make, all together, at most. */
  perSecond: number
  /** Holds that were let go may be there again. */
  restored(): void
  /** Resolves when all have stopped. */
  readonly done: Promise<void>
}

export function moveSeats({ url, eventId, blocks, tokens, random, stop }: Ground, perSecond: number): Movers {
  const movers = { perSecond, restored: () => undefined as void, done: Promise.resolve() }
  const resets: (() => void)[] = []
  movers.restored = () => {
    for (const reset of resets) reset()
  }

  async function ask(token: string, query: string, variables: object): Promise<{ id: string } | undefined> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const headers = { authorization: `Bearer ${token}` }
    try {
      const { body } = await gql(`${url()}/graphql`, query, { ...variables }, headers, signal)
      return Object.values(body.data ?? {})[0] as { id: string } | undefined
    } catch {
      await pause(AGAIN_MS)
      return undefined
    }
  }

  async function move(token: string): Promise<void> {
    const all = new Set<string>()
    const held = new Set<string>()
    resets.push(() => {
      for (const id of all) held.add(id)
    })
    while (!stop.aborted) {
      const begun = performance.now()
      const mine = [...held]
      if (mine.length > (blocks.length / tokens.length) * HELD_PART) {
        const id = mine[Math.floor(random() * mine.length)] as string
        held.delete(id)
        await ask(token, 'mutation ($id: ID!) { releaseHold(id: $id) { id } }', { id })
      } else {
        const seatIds = blocks[Math.floor(random() * blocks.length)]
        const query = 'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id } }'
        const hold = await ask(token, query, { input: { eventId, seatIds } })
        if (hold) {
          all.add(hold.id)
          held.add(hold.id)
        }
      }
      const rest = (1_000 * tokens.length) / movers.perSecond - (performance.now() - begun)
      if (rest > 0) await pause(rest)
    }
  }
  movers.done = Promise.all(tokens.map(move)).then(() => undefined)
  return movers
}
