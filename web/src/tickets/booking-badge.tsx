import type { BookingOfMine } from '../generated/tickets/bookings.ts'
import { useTexts } from '../texts/index.ts'
import { Badge } from '../ui/badge.tsx'

const TONES = {
  PENDING: 'warning',
  PAID: 'success',
  EXPIRED: 'neutral',
  CANCELLED: 'neutral',
  PARTIALLY_REFUNDED: 'accent',
  REFUNDED: 'accent',
} as const

/** How far a booking has got, in a word or two. */
export function BookingBadge({ status }: { status: BookingOfMine['status'] }) {
  const t = useTexts('bookings')
  return <Badge tone={TONES[status]}>{t.status[status]}</Badge>
}
