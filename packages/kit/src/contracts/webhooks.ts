/** Outside payment providers that tell the booking subgraph of payments, through the router's port. */
export const WEBHOOK_PROVIDERS = ['midtrans', 'stripe', 'xendit'] as const

export type WebhookProvider = (typeof WEBHOOK_PROVIDERS)[number]

/** Where a provider sends its notifications to: the same path at the router and at the booking subgraph. */
export const webhookPath = (provider: WebhookProvider): string => `/webhooks/${provider}`

/** Headers of a notification that are passed on with its body, which goes byte for byte as it came: what it is signed or attested with. */
export const WEBHOOK_HEADERS: readonly string[] = ['content-type', 'stripe-signature', 'x-callback-token']
