import type { ComponentType } from 'preact'
import { lazy } from 'preact-iso'
import type { Route } from '../route.ts'
import { loadTexts } from '../texts/index.ts'
import { NewerVersion } from './page-error.tsx'

/** A route whose page loads when it is first shown. */
export interface LazyRoute extends Route {
  readonly component: ComponentType & { preload(): Promise<unknown> }
}

const rooms = import.meta.glob<readonly Route[]>('../*/routes.tsx', { eager: true, import: 'routes' })

/** The pages of all rooms. */
export const routes: readonly LazyRoute[] = Object.values(rooms)
  .flat()
  .map((route) => ({ ...route, component: lazy(() => load(route)) }))

/** Code that is gone from the server belongs to a version that is, too. */
async function load({ load, texts }: Route): Promise<{ default: ComponentType }> {
  try {
    const [page] = await Promise.all([load(), loadTexts(texts)])
    return page
  } catch {
    return { default: NewerVersion }
  }
}
