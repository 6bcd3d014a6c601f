import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535).default(0)
const optionalUrl = z.url({ protocol: /^https?$/ }).optional()

/** What the process of all stand-ins reads. Keys have the names that the merchant's side gives them: both are started with the same. */
export const standInSettings = z.object({
  NODE_ENV: z.enum(['development', 'test'], {
    error: 'must be development or test: a stand-in takes anybody’s word that they paid',
  }),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  STAND_IN_SEED: z.coerce.number().int().optional(),
  /** What the providers' waiting times between attempts to notify are multiplied by. */
  STAND_IN_RETRY_SCALE: z.coerce.number().positive().default(0.01),
  STAND_IN_MIDTRANS_PORT: port,
  STAND_IN_STRIPE_PORT: port,
  STAND_IN_XENDIT_PORT: port,
  STAND_IN_GOOGLE_PORT: port,
  MIDTRANS_SERVER_KEY: z.string().min(1),
  MIDTRANS_WEBHOOK_URL: optionalUrl,
  STRIPE_SECRET_KEY: z.string().min(1),
  STRIPE_PUBLISHABLE_KEY: z.string().min(1).optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(1),
  STRIPE_WEBHOOK_URL: optionalUrl,
  XENDIT_SECRET_KEY: z.string().min(1),
  XENDIT_CALLBACK_TOKEN: z.string().min(1),
  XENDIT_WEBHOOK_URL: optionalUrl,
  GOOGLE_CLIENT_ID: z.string().min(1),
  GOOGLE_CLIENT_SECRET: z.string().min(1),
  /** Separated by commas. */
  GOOGLE_REDIRECT_URIS: z.string().transform((list) => list.split(',')),
})
