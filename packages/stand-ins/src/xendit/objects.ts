/** Xendit's amounts are numbers of the currency itself. Rupiah and dong have no decimals: what is finer is cut off. */
export const decimalsOf = (currency: string): number => (currency === 'IDR' || currency === 'VND' ? 0 : 2)

/** https://github.com/xendit/xendit-node/blob/master/docs/Invoice.md (InvoiceCurrency) */
export const CURRENCIES = ['IDR', 'USD', 'THB', 'VND', 'PHP', 'MYR'] as const

/** What a customer may choose on the page. */
export type PaymentMethod = 'CREDIT_CARD' | 'BANK_TRANSFER' | 'EWALLET' | 'QR_CODE'

/** https://developers.xendit.co/api-reference/#invoice-object; statuses: https://docs.xendit.co/xeninvoice/statuses */
export interface Invoice {
  readonly id: string
  readonly external_id: string
  readonly user_id: string
  readonly merchant_name: string
  readonly amount: number
  readonly currency: string
  readonly description?: string
  readonly payer_email?: string
  readonly customer?: object
  readonly items?: readonly { name: string; quantity: number; price: number }[]
  readonly metadata?: object
  readonly success_redirect_url?: string
  readonly failure_redirect_url?: string
  readonly invoice_url: string
  readonly expiry_date: string
  readonly created: string
  updated: string
  status: 'PENDING' | 'PAID' | 'SETTLED' | 'EXPIRED'
  payment_id?: string
  payment_method?: PaymentMethod
  payment_channel?: string
  paid_amount?: number
  paid_at?: string
}

/** https://docs.xendit.co/apidocs/refund-payment-request; reasons of refusal are in `failure_code`. */
export interface Refund {
  readonly id: string
  readonly payment_id: string
  readonly invoice_id: string
  readonly amount: number
  readonly currency: string
  readonly payment_method_type: PaymentMethod
  readonly channel_code: string
  readonly reason: string
  readonly reference_id: string | null
  readonly metadata: object | null
  readonly refund_fee_amount: null
  readonly created: string
  failure_code: string | null
  updated: string
  status: 'PENDING' | 'SUCCEEDED' | 'FAILED'
}

/** What goes to the callback URL: an invoice as it is, or an event of a refund. */
export type Told =
  | { readonly kind: 'invoice'; readonly webhookId: string; readonly body: Record<string, unknown> }
  | { readonly kind: 'refund'; readonly webhookId: string; readonly body: RefundEvent }

/** https://docs.xendit.co/apidocs/refund-webhook-notification */
export interface RefundEvent {
  readonly event: string
  readonly business_id: string
  readonly created: string
  readonly data: Record<string, unknown>
}
