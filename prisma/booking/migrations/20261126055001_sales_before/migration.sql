-- What was sold before sales were noted. What is sold or refunded meanwhile is noted by its own transaction: its booking and its note are seen together or not at all.
INSERT INTO sale_changes (event_id, booking_id, kind, method, changed_at)
SELECT booking.event_id, booking.id, 'SALE', CASE WHEN booking.total_price > 0 THEN payment.provider END,
  coalesce(payment.paid_at, booking.updated_at)
FROM bookings booking
LEFT JOIN LATERAL (SELECT provider, paid_at FROM payments
  WHERE payments.booking_id = booking.id AND paid_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM ledger_transactions WHERE reference = 'stray:' || payments.id)
  ORDER BY id LIMIT 1) payment ON true
WHERE booking.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
ON CONFLICT (booking_id) WHERE kind = 'SALE' DO NOTHING;

INSERT INTO sale_changes (event_id, booking_id, kind, refunded, ended, changed_at)
SELECT booking.event_id, booking.id, 'REFUND', booking.refunded_amount - noted.refunded, booking.status = 'REFUNDED', booking.updated_at
FROM bookings booking
CROSS JOIN LATERAL (SELECT coalesce(sum(refunded), 0)::bigint AS refunded, coalesce(bool_or(ended), false) AS ended
  FROM sale_changes WHERE booking_id = booking.id AND kind = 'REFUND') noted
WHERE booking.status IN ('PARTIALLY_REFUNDED', 'REFUNDED') AND NOT noted.ended
  AND (booking.status = 'REFUNDED' OR booking.refunded_amount > noted.refunded);
