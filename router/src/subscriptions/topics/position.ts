/** Whether who has come to `position` has all up to `revision`. Unknown ones say nothing. */
export const isSeen = (revision: unknown, position: unknown): boolean =>
  typeof revision === 'number' && typeof position === 'number' && revision <= position
