import type { SeatStatus } from './seat.ts'

/** What two bits say of a seat. */
const CODES: Record<SeatStatus, number> = { AVAILABLE: 0, HELD: 1, SOLD: 2, BLOCKED: 3 }

/**
 * Statuses of all seats of a map, two bits each in the order of its geometry: the first seat has the two highest bits of the first
 * byte. A byte that is not full ends in zeros.
 */
export class PackedStatuses {
  readonly #bytes: Buffer

  constructor(count: number) {
    this.#bytes = Buffer.alloc(Math.ceil(count / 4))
  }

  set(index: number, status: SeatStatus): void {
    const shift = 6 - 2 * (index % 4)
    const at = index >> 2
    this.#bytes[at] = ((this.#bytes[at] ?? 0) & ~(3 << shift)) | (CODES[status] << shift)
  }

  copy(): PackedStatuses {
    const copy = new PackedStatuses(this.#bytes.length * 4)
    this.#bytes.copy(copy.#bytes)
    return copy
  }

  /** As clients are told. */
  toBase64(): string {
    return this.#bytes.toString('base64')
  }
}

/** Seats that changed, four bytes each, as base64: their index times four and their status, as a big-endian number. */
export function packDelta(changed: readonly { index: number; status: SeatStatus }[]): string {
  const bytes = Buffer.alloc(changed.length * 4)
  for (const [at, { index, status }] of changed.entries())
    bytes.writeUInt32BE(index * 4 + CODES[status], at * 4)
  return bytes.toString('base64')
}
