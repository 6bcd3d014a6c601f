import './icon.css'

/** Lines on a field of 24 × 24, drawn with one pen. */
const PATHS = {
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.5-4 3.5-6 8-6s7.5 2 8 6',
  alert: 'M12 4 2.5 20h19L12 4Zm0 6v4.5m0 2.5v.1',
  'arrow-left': 'M20 12H4m6.5-6.5L4 12l6.5 6.5',
  'arrow-right': 'M4 12h16m-6.5-6.5L20 12l-6.5 6.5',
  bell: 'M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7Zm4 10.5c1 1 3 1 4 0',
  calendar: 'M4 6h16v14H4V6Zm0 4.5h16M8 3v5m8-5v5',
  camera: 'M3 8h4l2-3h6l2 3h4v11H3V8Zm9 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  cart: 'M3 4h2.5l2 11h10l2-8H6.2M9 20v.1m7.5-.1v.1',
  check: 'm4.5 12.5 5 5L20 7',
  'chevron-down': 'm5 9 7 7 7-7',
  'chevron-left': 'm15 5-7 7 7 7',
  'chevron-right': 'm9 5 7 7-7 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5.5l3.5 2',
  close: 'm5.5 5.5 13 13m0-13-13 13',
  copy: 'M9 9h11v11H9V9Zm-3.5 6H4V4h11v1.5',
  download: 'M12 4v11m-5-4.5 5 5 5-5M4 20h16',
  edit: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20Zm10-13.5 3.5 3.5',
  external: 'M10 5H5v14h14v-5m-5-10h6v6m0-6-9 9',
  eye: 'M2.5 12C5 7.5 8 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.5 6.5-9.5 6.5S5 16.5 2.5 12Zm9.5 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  filter: 'M4 7h16M7 12h10m-7 5h4',
  flag: 'M5 21V4c5-2 8 2.5 14 .5V14c-6 2-9-2.5-14-.5',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-8.5-9h17M12 3c-5.5 5.5-5.5 12.5 0 18 5.5-5.5 5.5-12.5 0-18Z',
  heart: 'M12 20C5 15 3 12 3 8.8 3 4.5 9 2.5 12 7.5c3-5 9-3 9 1.3 0 3.2-2 6.2-9 11.2Z',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-10v5.5m0-9v.1',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4.2 4.2 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6 0l-3 3a4.2 4.2 0 0 0 6 6l1.5-1.5',
  location: 'M12 21.5C7.5 16.5 5 13 5 9.5a7 7 0 0 1 14 0c0 3.5-2.5 7-7 12Zm0-9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  lock: 'M5 11h14v9H5v-9Zm3 0V8a4 4 0 0 1 8 0v3',
  mail: 'M3 6h18v13H3V6Zm0 1.5 9 6.5 9-6.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  minus: 'M5 12h14',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  more: 'M5 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2Zm7 0a1 1 0 1 0 0-2 1 1 0 0 0 0 2Zm7 0a1 1 0 1 0 0-2 1 1 0 0 0 0 2Z',
  near: 'm3 11 18-8-8 18-2-8-8-2Z',
  offline: 'M4 4l16 16M8.5 15.5a5 5 0 0 1 5-1.3M5 12a10 10 0 0 1 4-2.5m4.5-.6A10 10 0 0 1 19 12M2 8.5a15 15 0 0 1 4-2.6m4-1A15 15 0 0 1 22 8.5M12 19v.1',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8c.4-3.5 2.6-5 6.5-5s6.1 1.5 6.5 5m0-15a3.5 3.5 0 0 1 0 7m2.5 3.3c2.1.6 3.2 2.2 3.5 4.7',
  plus: 'M5 12h14M12 5v14',
  refresh: 'M20 12a8 8 0 1 1-2.5-5.8M18 2.5V7h-4.5',
  scan: 'M4 8V4h4m8 0h4v4m0 8v4h-4m-8 0H4v-4m-1-4h18',
  search: 'M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2L21 21',
  settings: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-6 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  share: 'M12 15V3.5m-4.5 4L12 3l4.5 4.5M6 11H4.5v9.5h15V11H18',
  star: 'm12 3 2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2l-5.6 3.1 1.2-6.3L3 9.6l6.3-.8L12 3Z',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-13v1.5m0 15V21M3 12h1.5m15 0H21M5.6 5.6l1.1 1.1m10.6 10.6 1.1 1.1m0-12.8-1.1 1.1M6.7 17.3l-1.1 1.1',
  ticket: 'M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4V6Zm11.5 2v1.5m0 1.75v1.5m0 1.75V16',
  torch: 'M7 3h10v4l-3 4v10h-4V11L7 7V3Zm0 4h10m-5 6v2',
  trash: 'M4 6.5h16M9 6V3.5h6V6m-9.5.5 1 14h11l1-14M10 11v5.5m4-5.5v5.5',
  wallet: 'M4 7h16v13H4V7Zm0 0 11-4v4m1.5 6.5v.1',
  wheelchair: 'M10.5 4v.1M10.5 8v6h5.5l2.5 5.5M10.5 10.5H15M8 12a5 5 0 1 0 6.5 6.5',
} as const

export type IconName = keyof typeof PATHS

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
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Every name of the set, for the page that shows them. */
export const ICON_NAMES = Object.keys(PATHS) as IconName[]
