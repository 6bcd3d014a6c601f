/** What two bits say of a seat (`SeatMap.statuses`). */
export const AVAILABLE = 0
export const HELD = 1
export const SOLD = 2
export const BLOCKED = 3

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64)
  const bytes = new Uint8Array(letters.length)
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at)
  return bytes
}

/** A byte a seat out of `SeatMap.statuses`. @param count how many seats there are. @throws RangeError for a text of fewer. */
export function unpackStatuses(statuses: string, count: number): Uint8Array {
  const bytes = bytesOf(statuses)
  if (bytes.length < count / 4) throw new RangeError(`statuses of ${bytes.length * 4} seats, not of ${count}`)
  const unpacked = new Uint8Array(count)
  for (let seat = 0; seat < count; seat++) unpacked[seat] = (bytes[seat >> 2]! >> (6 - 2 * (seat & 3))) & 3
  return unpacked
}

/** Calls for each seat of `SeatMapChange.delta`, in its order. */
export function readDelta(delta: string, change: (seat: number, status: number) => void): void {
  const words = new DataView(bytesOf(delta).buffer)
  for (let at = 0; at + 4 <= words.byteLength; at += 4) {
    const word = words.getUint32(at)
    change(word >>> 2, word & 3)
  }
}
