import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/**
 * Whether a scan is still being asked about, has let somebody in or out and must be sent, or is done with. `STUCK`: the server takes the
 * scan as it is from nobody; it is shown, and sent no more.
 */
export type ScanState = 'ASKING' | 'WAITING' | 'SETTLED' | 'STUCK'

/** What the server says of a scan that was sent. */
export interface ScanOutcome {
  outcome: 'ACCEPTED' | 'DUPLICATE' | 'REFUSED' | 'UNDONE'
  reason: string | null
}

/** A scan as the device keeps it, until a week has passed. `V` is what was shown for it. */
export interface StoredScan<V> {
  /** In the order of scanning; given by the store. */
  seq: number
  eventId: string
  deviceId: string
  gate: string | null
  code: string
  /** Of a code whose signature is ours; else empty. */
  ticketId: string
  direction: 'ENTRY' | 'EXIT'
  /** By the server's clock as this device knows it (ISO 8601). With device and code it makes the scan one and the same, however often it is sent. */
  scannedAt: string
  state: ScanState
  /** Null while nothing was shown: the app ended before. */
  verdict: V | null
  outcome: ScanOutcome | null
  /** An entry with its ticket that another door made; `isFirst`: that one counts. */
  elsewhere: { at: string; gate: string | null; isFirst: boolean } | null
}

interface Schema<S, B, V> extends DBSchema {
  scanner: { key: 'here'; value: S }
  bundles: { key: string; value: B }
  scans: {
    key: number
    value: StoredScan<V>
    indexes: { state: [string, ScanState]; ticket: string; time: string }
  }
}

const WEEK_MS = 7 * 86_400_000

/**
 * What a door keeps on its device: the scanner it is, the list of tickets, and every scan. A database of its own, which outlives signing
 * out: what somebody was let in with belongs to the event, and must reach the server whoever uses the browser next.
 */
export class DoorStore<S, B, V> {
  readonly #db: IDBPDatabase<Schema<S, B, V>>

  private constructor(db: IDBPDatabase<Schema<S, B, V>>) {
    this.#db = db
  }

  /** @param name of the database. Forgets scans that are done with and older than a week. */
  static async open<S, B, V>(name = 'karcis-door'): Promise<DoorStore<S, B, V>> {
    const db = await openDB<Schema<S, B, V>>(name, 1, {
      upgrade(made) {
        made.createObjectStore('scanner')
        made.createObjectStore('bundles')
        const scans = made.createObjectStore('scans', { keyPath: 'seq', autoIncrement: true })
        scans.createIndex('state', ['deviceId', 'state'])
        scans.createIndex('ticket', 'ticketId')
        scans.createIndex('time', 'scannedAt')
      },
    })
    const store = new DoorStore(db)
    await store.#forgetOld()
    return store
  }

  async #forgetOld(): Promise<void> {
    const tx = this.#db.transaction('scans', 'readwrite')
    const until = IDBKeyRange.upperBound(new Date(Date.now() - WEEK_MS).toISOString())
    for await (const cursor of tx.store.index('time').iterate(until))
      if (cursor.value.state !== 'WAITING') await cursor.delete()
    await tx.done
  }

  close(): void {
    this.#db.close()
  }

  async scanner(): Promise<S | null> {
    return (await this.#db.get('scanner', 'here')) ?? null
  }

  async saveScanner(scanner: S): Promise<void> {
    await this.#db.put('scanner', scanner, 'here')
  }

  /** Forgets the scanner with its token, its lists and its scans, also those that still wait. */
  async forget(): Promise<void> {
    await Promise.all([this.#db.clear('scanner'), this.#db.clear('bundles'), this.#db.clear('scans')])
  }

  async bundle(eventId: string): Promise<B | null> {
    return (await this.#db.get('bundles', eventId)) ?? null
  }

  async saveBundle(eventId: string, bundle: B): Promise<void> {
    await this.#db.put('bundles', bundle, eventId)
  }

  /** Keeps a scan. @returns it, with its place in the order. */
  async add(scan: Omit<StoredScan<V>, 'seq'>): Promise<StoredScan<V>> {
    // The store gives the key, which its type asks for.
    const seq = await this.#db.add('scans', scan as StoredScan<V>)
    return { ...scan, seq }
  }

  /** Changes a scan, durably before it returns. @param changesOf what it is now; null: nothing. @returns the scan, or null. */
  async change(
    seq: number,
    changesOf: (scan: StoredScan<V>) => Partial<StoredScan<V>> | null,
  ): Promise<StoredScan<V> | null> {
    const tx = this.#db.transaction('scans', 'readwrite', { durability: 'strict' })
    const scan = await tx.store.get(seq)
    const changes = scan ? changesOf(scan) : null
    const changed = scan && changes ? { ...scan, ...changes } : null
    if (changed) await tx.store.put(changed)
    await tx.done
    return changed
  }

  /** What a scanner has yet to send, in the order of scanning. @param after only what was scanned after this one. */
  async waiting(deviceId: string, limit: number, after = 0): Promise<StoredScan<V>[]> {
    const found: StoredScan<V>[] = []
    const only = IDBKeyRange.only([deviceId, 'WAITING'])
    for await (const { value } of this.#db.transaction('scans').store.index('state').iterate(only)) {
      if (value.seq > after) found.push(value)
      if (found.length === limit) break
    }
    return found
  }

  countWaiting(deviceId: string): Promise<number> {
    return this.#db.countFromIndex('scans', 'state', [deviceId, 'WAITING'])
  }

  /** All scans of a ticket on this device, in the order of scanning. */
  ofTicket(ticketId: string): Promise<StoredScan<V>[]> {
    return this.#db.getAllFromIndex('scans', 'ticket', ticketId)
  }

  /** The newest first. */
  async recent(limit: number): Promise<StoredScan<V>[]> {
    const found: StoredScan<V>[] = []
    for await (const { value } of this.#db.transaction('scans').store.iterate(null, 'prev')) {
      found.push(value)
      if (found.length === limit) break
    }
    return found
  }

  /** Those scanned at or after a moment (ISO 8601), and those that wait. */
  async since(moment: string, deviceId: string): Promise<StoredScan<V>[]> {
    const later = await this.#db.getAllFromIndex('scans', 'time', IDBKeyRange.lowerBound(moment))
    const waiting = await this.waiting(deviceId, Number.POSITIVE_INFINITY)
    const all = new Map([...later, ...waiting].map((scan) => [scan.seq, scan]))
    return [...all.values()].toSorted((a, b) => a.seq - b.seq)
  }
}
