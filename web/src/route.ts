import type { ComponentType } from 'preact'
import type { Room } from './texts/index.ts'

/** A page of a room. Each room's `routes.tsx` exports its list as `routes`; the app joins them. */
export interface Route {
  /** As preact-iso takes it: `/events/:slug`, `/account/*`. */
  readonly path: string
  /** The page, with its code and styles in a chunk of their own; it has to set its title (`useTitle`). */
  readonly load: () => Promise<ComponentType>
  /** Rooms whose texts it needs; they load beside it. */
  readonly texts: readonly Room[]
  /** `bare` for a page that fills the screen, without header and footer, as the scanner's. */
  readonly shell?: 'full' | 'bare'
}
