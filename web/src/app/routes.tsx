import type { ComponentType } from 'preact'
import { lazy } from 'preact-iso'
import { exec } from 'preact-iso/router'
import type { Route } from '../route.ts'
import { loadTexts } from '../texts/index.ts'
import { NotLoaded } from './not-loaded.tsx'

/** A route whose page loads when it is first shown. */
export interface LazyRoute extends Route {
  readonly component: ComponentType & { preload(): Promise<unknown> }
}

const rooms = import.meta.glob<readonly Route[]>('../*/routes.tsx', { eager: true, import: 'routes' })

/** The pages of all rooms. */
export const routes: readonly LazyRoute[] = Object.values(rooms)
  .flat()
  .map((route) => ({ ...route, component: lazy(() => load(route)) }))

/** The route of a path; undefined where no room has a page. */
export const routeOf = (path: string): LazyRoute | undefined => routes.find((route) => exec(path, route.path))

/** Loads the page of a path, so that it is drawn at once. */
export async function preloadPage(path: string): Promise<void> {
  await routeOf(path)?.component.preload()
}

/** What does not load is said on the page. */
async function load({ load, texts }: Route): Promise<ComponentType> {
  try {
    const [page] = await Promise.all([load(), loadTexts(texts)])
    return page
  } catch {
    return NotLoaded
  }
}
