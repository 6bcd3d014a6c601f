import type { BaseDeps } from '@karcis/kit/subgraph'
import type { RequestScope } from '@karcis/kit/viewer'
import type { Db } from './database.ts'
import type { EventLive } from './event-live.ts'
import { createLoaders, type Loaders, type Readings } from './loaders.ts'

/** What the use cases of this subgraph can reach. */
export interface Deps extends BaseDeps<Db> {
  live: EventLive
  readings: Readings
}

/** One request: who asks, and loaders that live as long as it does. */
export interface Context extends RequestScope {
  deps: Deps
  loaders: Loaders
}

export const createContext = (deps: Deps, scope: RequestScope): Context => ({
  ...scope,
  deps,
  loaders: createLoaders(deps.readings),
})
