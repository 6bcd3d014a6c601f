import type { Scan } from './sync.ts'

/**
 * Whether somebody was let in whom the server would not have let in: two doors that were offline took one ticket, or it was refunded
 * meanwhile. Also of a ticket whose first entry was here, when another door let it in again.
 */
export const isConflict = ({ verdict, outcome, elsewhere }: Scan): boolean =>
  verdict?.kind === 'ADMITTED' &&
  (outcome?.outcome === 'DUPLICATE' || outcome?.outcome === 'REFUSED' || elsewhere?.isFirst === false)
