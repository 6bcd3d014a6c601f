import { signal } from '@preact/signals'
import './icon.css'
import type { MORE_PATHS } from './more-icons.ts'

/** What the first page shows. Lines on a field of 24 × 24, drawn with one pen. */
const PATHS = {
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.5-4 3.5-6 8-6s7.5 2 8 6',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-8.5-9h17M12 3c-5.5 5.5-5.5 12.5 0 18 5.5-5.5 5.5-12.5 0-18Z',
  heart: 'M12 20C5 15 3 12 3 8.8 3 4.5 9 2.5 12 7.5c3-5 9-3 9 1.3 0 3.2-2 6.2-9 11.2Z',
  near: 'm3 11 18-8-8 18-2-8-8-2Z',
  search: 'M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2L21 21',
  ticket: 'M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4V6Zm11.5 2v1.5m0 1.75v1.5m0 1.75V16',
} as const

type MorePaths = typeof MORE_PATHS

const more = signal<MorePaths | null>(null)
let asked = false

function pathOf(name: IconName): string | undefined {
  if (name in PATHS) return PATHS[name as keyof typeof PATHS]
  if (more.value === null) void loadIcons()
  return more.value?.[name as keyof MorePaths]
}

/** Loads the signs that the first page does not show. A page without them is still a page: words stand beside all of them, or are said. */
export async function loadIcons(): Promise<void> {
  if (asked) return
  asked = true
  try {
    more.value = (await import('./more-icons.ts')).MORE_PATHS
  } catch {
    asked = false
  }
}

export type IconName = keyof typeof PATHS | keyof MorePaths

/**
 * A sign of the small set, as large as the words beside it. Without a label readers do not hear of it: the words beside it say the same.
 */
export function Icon({ name, label, filled }: { name: IconName; label?: string; filled?: boolean }) {
  return (
    <svg
      class={filled ? 'icon icon--filled' : 'icon'}
      viewBox="0 0 24 24"
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : 'true'}
    >
      <path d={pathOf(name)} />
    </svg>
  )
}

/** Names of the signs that are always there, for the page that shows them. */
export const FIRST_ICONS = Object.keys(PATHS) as IconName[]
