import { ApiError } from '../api/api-error.ts'
import { SyncCheckIns } from '../generated/door/door.ts'
import type { DoorStore, StoredScan } from '../offline/check-ins.ts'
import type { DoorAsk } from './ask-at-door.ts'
import type { BundleSnapshot } from './bundle.ts'
import type { Verdict } from './judge.ts'
import type { Scanner } from './scanner.ts'

export type Store = DoorStore<Scanner, BundleSnapshot, Verdict>
export type Scan = StoredScan<Verdict>

/** As many as `syncCheckIns` takes. */
const PORTION = 500

/** Concern whoever sends, not what is sent: nothing more is tried for now. */
const OF_ALL = new Set<string>([
  'OFFLINE',
  'UNREACHABLE',
  'SERVICE_UNAVAILABLE',
  'RATE_LIMITED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
])

/**
 * Sends what waits, in the order of scanning, until nothing does. It is safe at any time and any number of times: the server knows a scan
 * again. One sender at a time, for all tabs.
 * @param settled is told of each scan that has its outcome.
 * @throws ApiError when none of them can be sent just now; what was answered by then is kept.
 */
export async function sendWaiting(
  store: Store,
  ask: DoorAsk,
  deviceId: string,
  settled: (scan: Scan) => void,
): Promise<void> {
  await navigator.locks.request(`karcis-door-sync-${deviceId}`, async () => {
    for (let after = 0; ; ) {
      const scans = await store.waiting(deviceId, PORTION, after)
      const last = scans.at(-1)
      if (!last) return
      await send(store, ask, scans, settled)
      after = last.seq // one that stays behind is tried again the next time, after all the others
    }
  })
}

/** Sends some; where one of them spoils it, by halves, so that it is found and the others are not held up. */
async function send(
  store: Store,
  ask: DoorAsk,
  scans: readonly Scan[],
  settled: (scan: Scan) => void,
): Promise<void> {
  try {
    const { syncCheckIns } = await ask(SyncCheckIns, { input: scans.map(toInput) })
    for (const [at, scan] of scans.entries()) {
      const answer = syncCheckIns?.[at]
      if (!answer) continue
      const { outcome, reason, ticket } = answer
      const first = outcome === 'DUPLICATE' && ticket?.checkedInAt
      const changed = await store.change(scan.seq, ({ state, elsewhere }) =>
        state === 'WAITING'
          ? {
              state: 'SETTLED',
              outcome: { outcome, reason: reason ?? null },
              // The gate is told by `checkInRecorded`, sooner or later.
              elsewhere: elsewhere ?? (first ? { at: first, gate: null, isFirst: true } : null),
            }
          : null,
      )
      if (changed) settled(changed)
    }
  } catch (error) {
    if (!(error instanceof ApiError) || OF_ALL.has(error.code)) throw error
    if (scans.length > 1) {
      const middle = Math.ceil(scans.length / 2)
      await send(store, ask, scans.slice(0, middle), settled)
      await send(store, ask, scans.slice(middle), settled)
      return
    }
    const [scan] = scans
    if (!scan || error.code !== 'BAD_USER_INPUT') return // a fault at the server: not lost, and tried again
    const changed = await store.change(scan.seq, ({ state }) =>
      state === 'WAITING' ? { state: 'STUCK' } : null,
    )
    if (changed) settled(changed)
  }
}

const toInput = ({ code, eventId, deviceId, gate, direction, scannedAt }: Scan) => ({
  code,
  eventId,
  deviceId,
  gate,
  direction,
  scannedAt,
})
