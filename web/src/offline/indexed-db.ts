// IndexedDB as promises, for what this device keeps. Without a library, since the worker and the scanner have to stay small.

/** What a request gives. @throws DOMException as the request fails. */
export const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

/** Opens a database, made anew where there is none. @param make its stores. @throws DOMException where the browser keeps nothing, as in some private windows. */
export function openDatabase(name: string, make: (db: IDBDatabase) => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => make(request.result))
  return answerOf(request)
}

/**
 * Gives what comes of a transaction once all that it has changed is kept.
 * @param run waits for nothing but what it reads: else the transaction ends before it. @throws DOMException when nothing was kept.
 */
export async function onceKept<T>(transaction: IDBTransaction, run: () => Promise<T> | T): Promise<T> {
  const kept = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new DOMException('nothing was kept', 'AbortError')),
    )
  })
  const [result] = await Promise.all([run(), kept])
  return result
}

/** Goes from one to the next along a cursor. @param visit whether to go on. */
export const walk = (
  request: IDBRequest<IDBCursorWithValue | null>,
  visit: (cursor: IDBCursorWithValue) => boolean,
): Promise<void> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => {
      const cursor = request.result
      if (cursor && visit(cursor)) cursor.continue()
      else resolve()
    })
    request.addEventListener('error', () => reject(request.error))
  })
