import type { Route } from '../route.ts'

/** The map alone; with an event it stands on the event's own pages (`SeatPicker`). */
export const routes: readonly Route[] = [
  {
    path: '/ui/seat-map',
    load: async () => (await import('./demo/demo-page.tsx')).SeatMapDemo,
    texts: ['seat-map', 'ui'],
  },
]
