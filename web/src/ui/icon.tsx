import { signal } from '@preact/signals'
import './icon.css'

/** What the first page shows. Lines on a field of 24 × 24, drawn with one pen. */
const PATHS = {
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.5-4 3.5-6 8-6s7.5 2 8 6',
  alert: 'M12 4 2.5 20h19L12 4Zm0 6v4.5m0 2.5v.1',
  'arrow-right': 'M4 12h16m-6.5-6.5L20 12l-6.5 6.5',
  calendar: 'M4 6h16v14H4V6Zm0 4.5h16M8 3v5m8-5v5',
  check: 'm4.5 12.5 5 5L20 7',
  'chevron-down': 'm5 9 7 7 7-7',
  close: 'm5.5 5.5 13 13m0-13-13 13',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-8.5-9h17M12 3c-5.5 5.5-5.5 12.5 0 18 5.5-5.5 5.5-12.5 0-18Z',
  heart: 'M12 20C5 15 3 12 3 8.8 3 4.5 9 2.5 12 7.5c3-5 9-3 9 1.3 0 3.2-2 6.2-9 11.2Z',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-10v5.5m0-9v.1',
  location:
    'M12 21.5C7.5 16.5 5 13 5 9.5a7 7 0 0 1 14 0c0 3.5-2.5 7-7 12Zm0-9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  menu: 'M4 7h16M4 12h16M4 17h16',
  near: 'm3 11 18-8-8 18-2-8-8-2Z',
  refresh: 'M20 12a8 8 0 1 1-2.5-5.8M18 2.5V7h-4.5',
  search: 'M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2L21 21',
  ticket: 'M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4V6Zm11.5 2v1.5m0 1.75v1.5m0 1.75V16',
} as const

type MorePaths = typeof import('./more-icons.ts').MORE_PATHS

const more = signal<MorePaths | null>(null)
let asked = false

function pathOf(name: IconName): string | undefined {
  if (name in PATHS) return PATHS[name as keyof typeof PATHS]
  if (more.value === null) void loadMore()
  return more.value?.[name as keyof MorePaths]
}

/** A page without its signs is still a page: words stand beside all of them, or are said. */
async function loadMore(): Promise<void> {
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
