import { SUBGRAPHS } from '@karcis/kit/contracts/subgraphs'
import { FAULT_POINTS, type FaultPoint } from '@karcis/kit/fault-points'
import { createRandom } from '@karcis/router/testing/differential/random'
import { PROCESS_NAMES } from './cluster.ts'
import type { FaultName } from './faults.ts'
import { shuffled } from './plan.ts'
import { OUTSIDE, type Outside, type StandInFault } from './providers.ts'

/** What is done to processes and stores: the storm's kinds that a sale has to get over. */
export interface Strike {
  readonly kind: FaultName
  readonly target: string
  /** How long it lasts, where it does not end by itself. */
  readonly ms: number
}

/** What goes wrong while somebody pays. */
export interface PaymentFault {
  readonly name: string
  readonly method: Outside | 'WALLET'
  /** When it is set up: before the payment is made there, before the buyer pays it, before it is called off, before its money goes back; after all that their bank takes it back. */
  readonly step: 'start' | 'pay' | 'cancel' | 'refund' | 'dispute'
  /** What the provider does wrong; nothing where it is only late, or right. */
  readonly fault?: StandInFault
  /** How it is decided what the provider holds, leaves pending, or was asked to take back; for the merchant or against them. */
  readonly decided?: 'for' | 'against'
  /** The buyer pays so long after the end of the booking's time; below zero: before it. */
  readonly afterEndMs?: number
}

/** Faults that come amid one stretch of sales; after it everything is looked at. */
export interface MatrixWave {
  readonly strikes: readonly Strike[]
  readonly crashes: readonly FaultPoint[]
  readonly payments: readonly PaymentFault[]
}

const LONGEST_STRIKE_MS = 1_500
const SHORTEST_STRIKE_MS = 300
const RACE_MS = 50

/** Of each wave. */
const STRIKES = 0.15
const CRASHES = 0.12
const RACES = 0.2

const KINDS_OF_PROCESS = ['router', ...SUBGRAPHS]

const STRIKE_TARGETS: readonly [FaultName, readonly string[]][] = [
  ['one process killed', PROCESS_NAMES],
  ['one process frozen', PROCESS_NAMES],
  ['both of a kind killed', KINDS_OF_PROCESS],
  ['both of a kind frozen', KINDS_OF_PROCESS],
  ['Postgres stopped at once', ['postgres', 'postgres']],
  ['Redis killed', ['redis', 'redis', 'redis']],
  ['Redis flushed', ['redis', 'redis', 'redis', 'redis', 'redis']],
]

/** Providers that can leave a refund pending. */
const SLOW_REFUNDS: readonly Outside[] = ['STRIPE', 'XENDIT']
/** Providers that hold a payment until somebody has looked at it. */
const CHECKING: readonly Outside[] = ['MIDTRANS', 'STRIPE']

type StandInCard = Omit<PaymentFault, 'method' | 'afterEndMs'> & { readonly at?: readonly Outside[] }

const STAND_IN_FAULTS: readonly StandInCard[] = [
  { name: 'timeout after it was made', step: 'start', fault: { kind: 'timeout-after', on: 'create' } },
  { name: '5xx before it was made', step: 'start', fault: { kind: 'error-before', on: 'create' } },
  { name: '5xx after it was made', step: 'start', fault: { kind: 'error-after', on: 'create' } },
  { name: 'reset as it is made', step: 'start', fault: { kind: 'refuse', on: 'create' } },
  { name: 'timeout after the charge', step: 'pay', fault: { kind: 'timeout-after', on: 'status' } },
  { name: '5xx after the charge', step: 'pay', fault: { kind: 'error-before', on: 'status', status: 503 } },
  { name: 'reset after the charge', step: 'pay', fault: { kind: 'refuse', on: 'status' } },
  { name: 'slow after the charge', step: 'pay', fault: { kind: 'slow', on: 'status' } },
  { name: 'told twice', step: 'pay', fault: { kind: 'duplicate', count: 3 } },
  { name: 'told in another order', step: 'pay', fault: { kind: 'reorder', ms: 500 } },
  { name: 'told late', step: 'pay', fault: { kind: 'late' } },
  { name: 'never told', step: 'pay', fault: { kind: 'lose' } },
  { name: 'told by a forger', step: 'pay', fault: { kind: 'forge' } },
  { name: 'told of another amount', step: 'pay', fault: { kind: 'wrong-amount' } },
  { name: 'told of another currency', step: 'pay', fault: { kind: 'wrong-currency' } },
  { name: 'contradicted afterwards', step: 'pay', fault: { kind: 'replay' } },
  { name: 'paid after it was called off', step: 'cancel', fault: { kind: 'late-payment', ms: 300 } },
  { name: 'timeout after the refund', step: 'refund', fault: { kind: 'timeout-after', on: 'refund' } },
  { name: '5xx before the refund', step: 'refund', fault: { kind: 'error-before', on: 'refund' } },
  { name: '5xx after the refund', step: 'refund', fault: { kind: 'error-after', on: 'refund' } },
  {
    name: 'refund pending, then made',
    step: 'refund',
    fault: { kind: 'refund-pending' },
    decided: 'for',
    at: SLOW_REFUNDS,
  },
  {
    name: 'refund pending, then failed',
    step: 'refund',
    fault: { kind: 'refund-pending' },
    decided: 'against',
    at: SLOW_REFUNDS,
  },
  { name: 'held, then let through', step: 'pay', fault: { kind: 'challenge' }, decided: 'for', at: CHECKING },
  { name: 'held, then refused', step: 'pay', fault: { kind: 'challenge' }, decided: 'against', at: CHECKING },
  { name: 'disputed, then won', step: 'dispute', decided: 'for', at: ['STRIPE'] },
  { name: 'disputed, then lost', step: 'dispute', decided: 'against', at: ['STRIPE'] },
]

/**
 * Waves without end, the same ones for the same seed. Whatever can be done comes once before it comes again.
 * @param size how many faults a wave has. @param points at which processes die.
 */
export function* matrixOf(
  seed: number,
  size: number,
  points: readonly FaultPoint[] = FAULT_POINTS,
): Generator<MatrixWave, never> {
  const random = createRandom(seed)
  const strikes = deckOf(
    STRIKE_TARGETS.flatMap(([kind, targets]) => targets.map((target) => ({ kind, target }))),
  )
  const crashes = deckOf(points)
  const faults = deckOf(
    STAND_IN_FAULTS.flatMap(({ at = OUTSIDE, ...fault }) =>
      at.map((method): PaymentFault => ({ ...fault, method })),
    ),
  )
  const payers = deckOf([...OUTSIDE, 'WALLET'] as const)
  const share = (part: number) => Math.max(1, Math.round(size * part))
  const [striking, crashing, racing] = [share(STRIKES), share(CRASHES), share(RACES)]
  const race = (): PaymentFault => ({
    name: `time to pay ends within ${RACE_MS} ms`,
    method: payers(),
    step: 'pay',
    afterEndMs: random.below(2 * RACE_MS + 1) - RACE_MS,
  })
  const some = <T>(count: number, make: () => T): T[] => Array.from({ length: Math.max(0, count) }, make)

  function deckOf<T>(cards: readonly T[]): () => T {
    let left: T[] = []
    return () => {
      if (left.length === 0) left = shuffled(cards, random)
      return left.pop() as T
    }
  }
  for (;;)
    yield {
      strikes: some(striking, () => ({
        ...strikes(),
        ms: SHORTEST_STRIKE_MS + random.below(LONGEST_STRIKE_MS - SHORTEST_STRIKE_MS),
      })),
      crashes: some(crashing, crashes),
      payments: [...some(racing, race), ...some(size - striking - crashing - racing, faults)],
    }
}
