import { createRandom, type Random } from '@karcis/router/testing/differential/random'
import { FAULTS, type FaultName } from './faults.ts'

const OVERLAP = 0.3 // of all waves
const LONGEST_MS = 5_000
const SHORTEST_MS = 1_000
const LONGEST_REST_MS = 2_000

/** A fault that is to come. */
interface PlannedFault {
  readonly kind: FaultName
  readonly target: string
  /** How long it lasts, where it does not end by itself. */
  readonly ms: number
  /** After the beginning of its wave. */
  readonly afterMs: number
}

/** One fault, or several that overlap, and the rest after it. */
export interface Wave {
  readonly faults: readonly PlannedFault[]
  readonly restMs: number
}

/**
 * Faults without end, the same ones for the same seed. Each kind comes once before any comes again.
 * @param only the one kind to come; all of them when it is left out.
 */
export function* planOf(seed: number, only?: string): Generator<Wave, never> {
  const random = createRandom(seed)
  const kinds = (Object.keys(FAULTS) as FaultName[]).filter((kind) => only === undefined || kind === only)
  if (kinds.length === 0) throw new Error(`"${only}" is none of ${Object.keys(FAULTS).join(', ')}`)
  let deck: FaultName[] = []
  const draw = (): PlannedFault => {
    if (deck.length === 0) deck = shuffled(kinds, random)
    const kind = deck.pop() as FaultName
    return {
      kind,
      target: random.pick<string>(FAULTS[kind].targets),
      ms: SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS),
      afterMs: 0,
    }
  }
  for (;;) {
    const faults = [draw()]
    if (random.chance(OVERLAP)) {
      const others = 1 + random.below(2)
      for (let n = 0; n < others; n++) {
        const other = { ...draw(), afterMs: random.below(2_000) }
        if (faults.every(({ kind }) => kind !== other.kind)) faults.push(other)
      }
    }
    yield { faults, restMs: random.below(LONGEST_REST_MS) }
  }
}

/** In another order. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items]
  return items.map(() => rest.splice(random.below(rest.length), 1)[0] as T)
}

/** `one process frozen (ticket-2) for 3.1 s`, and whatever overlaps with it. */
export const describeWave = ({ faults }: Wave): string =>
  faults.map(({ kind, target, ms }) => `${kind} (${target}, ${(ms / 1000).toFixed(1)} s)`).join(' + ')
