import type { EventPageResult } from '../generated/discover/event.ts'

/** An event as its page shows it. */
export type EventShown = NonNullable<EventPageResult['event']>
