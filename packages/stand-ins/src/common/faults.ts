import { z } from 'zod'
import type { Random } from './random.ts'

const REQUEST_FAULTS = ['refuse', 'error-before', 'error-after', 'timeout-after', 'slow'] as const
const NOTIFICATION_FAULTS = [
  'duplicate',
  'reorder',
  'late',
  'lose',
  'forge',
  'wrong-amount',
  'wrong-currency',
  'replay',
] as const
const PAYMENT_FAULTS = ['challenge', 'late-payment', 'refund-pending'] as const

/**
 * What is to go wrong, `times` times (once, if not said otherwise).
 *
 * Of a request to the API:
 * - `refuse`: the connection is reset before anything was done.
 * - `error-before`, `error-after`: answered with `status` (500) before, or after, it was done.
 * - `timeout-after`: it is done, and the answer never comes.
 * - `slow`: it waits `ms` (1,000) before it is done, and then answers as ever. Its idempotency key is in use meanwhile.
 *
 * Of a notification, which is otherwise sent as ever:
 * - `duplicate`: sent `count` (2) times at once.
 * - `reorder`: held until the next one of the same order was sent, or for `ms` (2,000) when none comes.
 * - `late`: sent after `ms` (2,000); those that follow overtake it.
 * - `lose`: never sent.
 * - `forge`: before it goes the same with a wrong signature, as from somebody who does not have the key.
 * - `wrong-amount`, `wrong-currency`: before it goes one, rightly signed, of another amount or currency.
 * - `replay`: after it goes one that says `status` (of the provider's own words) in its place.
 *
 * Of a payment:
 * - `challenge`: the next payment is held for a check (Midtrans' fraud detection, 3-D Secure at Stripe).
 * - `late-payment`: the next that expires or is cancelled is paid all the same, `ms` (1,000) later. At Stripe, where
 *   what is cancelled stays so, the payment comes just before the cancel, which is then refused.
 * - `refund-pending`: the next refund stays pending until it is finished by hand (Stripe, Xendit).
 */
const faultSchema = z.strictObject({
  kind: z.enum([...REQUEST_FAULTS, ...NOTIFICATION_FAULTS, ...PAYMENT_FAULTS]),
  /** Only of this order: its id, or the provider's own id of the payment. */
  order: z.string().optional(),
  /** Only at this operation (`create`, `status`, `refund` …), or when this is told (`settlement`, `refund.created` …). */
  on: z.string().optional(),
  times: z.int().positive().default(1),
  /** How probable it is each time, by the stand-in's seed. */
  chance: z.number().gt(0).max(1).default(1),
  ms: z.int().nonnegative().optional(),
  status: z.union([z.int(), z.string()]).optional(),
  count: z.int().min(2).optional(),
})

/** One or several faults, as the control API takes them. */
export const faultsSchema = z.union([faultSchema.transform((fault) => [fault]), z.array(faultSchema)])

/** A fault as it is asked for. */
export type Fault = z.input<typeof faultSchema>
type ArmedFault = z.output<typeof faultSchema>
export type FaultKind = ArmedFault['kind']

/** Where a fault may strike: the ids of the order, and what is done with it or told of it. */
export interface Occasion {
  readonly orders: readonly string[]
  readonly on?: string
}

/** The faults that wait for their occasion. */
export class Faults {
  readonly #random: Random
  #armed: { fault: ArmedFault; left: number }[] = []

  constructor(random: Random) {
    this.#random = random
  }

  /** @throws ZodError for a fault that there is not. */
  arm(faults: readonly Fault[]): void {
    for (const fault of faults.map((one) => faultSchema.parse(one))) {
      this.#armed.push({ fault, left: fault.times })
    }
  }

  disarm(): void {
    this.#armed = []
  }

  /** What still waits, with how often it will strike yet. */
  list(): (ArmedFault & { left: number })[] {
    return this.#armed.map(({ fault, left }) => ({ ...fault, left }))
  }

  /** The oldest fault of this kind that fits, used up once; undefined when nothing goes wrong. */
  take(kind: FaultKind, { orders, on }: Occasion): ArmedFault | undefined {
    const found = this.#armed.find(
      ({ fault }) =>
        fault.kind === kind &&
        (fault.order === undefined || orders.includes(fault.order)) &&
        (fault.on === undefined || fault.on === on) &&
        (fault.chance === 1 || this.#random.next() < fault.chance),
    )
    if (!found) return undefined
    found.left -= 1
    if (found.left === 0) this.#armed = this.#armed.filter((one) => one !== found)
    return found.fault
  }
}
