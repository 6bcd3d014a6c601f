import { answerOf, onceKept, openDatabase, walk } from './indexed-db.ts'

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

type StoreName = 'scanner' | 'bundles' | 'scans'

const WEEK_MS = 7 * 86_400_000

/**
 * What a door keeps on its device: the scanner it is, the list of tickets, and every scan. A database of its own, which outlives signing
 * out: what somebody was let in with belongs to the event, and must reach the server whoever uses the browser next.
 */
export class DoorStore<S, B, V> {
  readonly #db: IDBDatabase

  private constructor(db: IDBDatabase) {
    this.#db = db
  }

  /** @param name of the database. Forgets scans that are done with and older than a week. */
  static async open<S, B, V>(name = 'karcis-door'): Promise<DoorStore<S, B, V>> {
    const db = await openDatabase(name, (made) => {
      made.createObjectStore('scanner')
      made.createObjectStore('bundles')
      const scans = made.createObjectStore('scans', { keyPath: 'seq', autoIncrement: true })
      scans.createIndex('state', ['deviceId', 'state'])
      scans.createIndex('ticket', 'ticketId')
      scans.createIndex('time', 'scannedAt')
    })
    const store = new DoorStore<S, B, V>(db)
    await store.#forgetOld()
    return store
  }

  #read(store: StoreName): IDBObjectStore {
    return this.#db.transaction(store).objectStore(store)
  }

  /** Changes one store. @param durability `strict`: on the disk itself before it returns. @returns what `run` gives, once it is kept. */
  async #write<T>(
    name: StoreName,
    run: (store: IDBObjectStore) => Promise<T> | T,
    durability: IDBTransactionDurability = 'default',
  ): Promise<T> {
    const transaction = this.#db.transaction(name, 'readwrite', { durability })
    return onceKept(transaction, () => run(transaction.objectStore(name)))
  }

  #forgetOld(): Promise<void> {
    const until = IDBKeyRange.upperBound(new Date(Date.now() - WEEK_MS).toISOString())
    return this.#write('scans', (scans) =>
      walk(scans.index('time').openCursor(until), (cursor) => {
        if ((cursor.value as StoredScan<V>).state !== 'WAITING') cursor.delete()
        return true
      }),
    )
  }

  close(): void {
    this.#db.close()
  }

  async scanner(): Promise<S | null> {
    return (await answerOf<S | undefined>(this.#read('scanner').get('here'))) ?? null
  }

  saveScanner(scanner: S): Promise<void> {
    return this.#write('scanner', (store) => void store.put(scanner, 'here'))
  }

  /** Forgets the scanner with its token, its lists and its scans, also those that still wait. */
  async forget(): Promise<void> {
    const names: StoreName[] = ['scanner', 'bundles', 'scans']
    await Promise.all(names.map((name) => this.#write(name, (store) => void store.clear())))
  }

  async bundle(eventId: string): Promise<B | null> {
    return (await answerOf<B | undefined>(this.#read('bundles').get(eventId))) ?? null
  }

  saveBundle(eventId: string, bundle: B): Promise<void> {
    return this.#write('bundles', (store) => void store.put(bundle, eventId))
  }

  /** Keeps a scan. @returns it, with its place in the order. */
  async add(scan: Omit<StoredScan<V>, 'seq'>): Promise<StoredScan<V>> {
    const seq = await this.#write('scans', (scans) => answerOf(scans.add(scan)))
    return { ...scan, seq: seq as number }
  }

  /** Changes a scan, durably before it returns. @param changesOf what it is now; null: nothing. @returns the scan, or null. */
  change(
    seq: number,
    changesOf: (scan: StoredScan<V>) => Partial<StoredScan<V>> | null,
  ): Promise<StoredScan<V> | null> {
    const change = async (scans: IDBObjectStore) => {
      const scan = await answerOf<StoredScan<V> | undefined>(scans.get(seq))
      const changes = scan ? changesOf(scan) : null
      const changed = scan && changes ? { ...scan, ...changes } : null
      if (changed) scans.put(changed)
      return changed
    }
    return this.#write('scans', change, 'strict')
  }

  /** What a scanner has yet to send, in the order of scanning. @param after only what was scanned after this one. */
  async waiting(deviceId: string, limit: number, after = 0): Promise<StoredScan<V>[]> {
    const found: StoredScan<V>[] = []
    const only = IDBKeyRange.only([deviceId, 'WAITING'])
    await walk(this.#read('scans').index('state').openCursor(only), ({ value }) => {
      const scan = value as StoredScan<V>
      if (scan.seq > after) found.push(scan)
      return found.length < limit
    })
    return found
  }

  countWaiting(deviceId: string): Promise<number> {
    return answerOf(this.#read('scans').index('state').count([deviceId, 'WAITING']))
  }

  /** All scans of a ticket on this device, in the order of scanning. */
  ofTicket(ticketId: string): Promise<StoredScan<V>[]> {
    return answerOf(this.#read('scans').index('ticket').getAll(ticketId))
  }

  /** The newest first. */
  async recent(limit: number): Promise<StoredScan<V>[]> {
    const found: StoredScan<V>[] = []
    await walk(
      this.#read('scans').openCursor(null, 'prev'),
      ({ value }) => found.push(value as StoredScan<V>) < limit,
    )
    return found
  }

  /** Those scanned at or after a moment (ISO 8601), and those that wait. */
  async since(moment: string, deviceId: string): Promise<StoredScan<V>[]> {
    const range = IDBKeyRange.lowerBound(moment)
    const later: StoredScan<V>[] = await answerOf(this.#read('scans').index('time').getAll(range))
    const waiting = await this.waiting(deviceId, Number.POSITIVE_INFINITY)
    const all = new Map([...later, ...waiting].map((scan) => [scan.seq, scan]))
    return [...all.values()].toSorted((a, b) => a.seq - b.seq)
  }
}
