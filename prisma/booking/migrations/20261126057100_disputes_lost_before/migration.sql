-- What a lost dispute has taken stands among the refunds of its booking, like all money that goes back. This is for those of before; what a
-- process of the version before loses meanwhile is named by `npm run books` (refunds).
INSERT INTO booking_refunds (id, booking_id, status, amount, tax, platform_fees, reason, created_at, updated_at)
SELECT lost.id, booking.id, 'MADE', booking.refunded_amount - made.amount, booking.tax - made.tax, booking.platform_fees - made.platform_fees,
  coalesce(booking.refund_reason, 'Your bank has given the money back to you.'), lost.created_at, lost.created_at
FROM ledger_transactions lost JOIN bookings booking ON booking.id = lost.booking_id
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0)::bigint AS amount, coalesce(sum(tax), 0)::bigint AS tax,
    coalesce(sum(platform_fees), 0)::bigint AS platform_fees
  FROM booking_refunds WHERE booking_id = booking.id AND status = 'MADE') made
WHERE lost.kind = 'DISPUTE_LOST' AND booking.refunded_amount > made.amount;
