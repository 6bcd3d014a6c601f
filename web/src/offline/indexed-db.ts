// IndexedDB as promises, for what this device keeps. Without a library, since the worker and the scanner have to stay small.

/** What a request gives. @throws DOMException as the request fails. */
export const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

/** Waits until all that a transaction has changed is kept. @throws DOMException when nothing was. */
export const keptBy = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new DOMException('nothing was kept', 'AbortError')),
    )
  })

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
