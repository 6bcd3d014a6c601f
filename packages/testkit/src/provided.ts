import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The `postgres` database of the server that this run started. */
    postgresUrl: string
    redisUrl: string
  }
}
