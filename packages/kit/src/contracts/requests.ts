/** What one request is called in the logs of every process that works for it. Of a batch: of its members, in order, or of all. */
export const REQUEST_ID_HEADER = 'x-request-id'

/**
 * On an answer of a process that was about to end: nothing was begun for this request, so that whatever it asks for may be asked
 * again, of another one.
 */
export const NOT_BEGUN_HEADER = 'x-karcis-not-begun'
