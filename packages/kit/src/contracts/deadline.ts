/** Milliseconds for which the caller waits for the answer to a query; after that nobody works for it any more. */
export const DEADLINE_HEADER = 'x-karcis-deadline-ms'
