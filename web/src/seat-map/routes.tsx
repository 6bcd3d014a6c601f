import type { Route } from '../route.ts'

/** The map alone; with an event it stands on the event's own pages (`SeatPicker`). */
export const routes: readonly Route[] = [
  { path: '/ui/seat-map', load: () => import('./demo/demo-page.tsx'), texts: ['seat-map', 'ui'] },
]
