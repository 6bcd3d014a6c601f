import { z } from 'zod'

const paymentJob = z.object({ paymentId: z.uuid() })
const refundJob = z.object({ refundId: z.uuid() })

export type PaymentJob = z.infer<typeof paymentJob>
export type RefundJob = z.infer<typeof refundJob>

/** Asks an outside provider how a payment stands, and acts on it. */
export const SETTLE_PAYMENT = { name: 'settle-payment', schema: paymentJob }
/** Asks an outside provider what became of the dispute about a payment, and acts on it. */
export const SETTLE_DISPUTE = { name: 'settle-dispute', schema: paymentJob }
/** Has an outside provider give money back. */
export const REFUND_PAYMENT = { name: 'refund-payment', schema: refundJob }
