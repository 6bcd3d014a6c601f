import { readSettings } from '@karcis/kit/env'
import { type Running, runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { z } from 'zod'
import { startMidtrans } from './midtrans.ts'
import { startStripe } from './stripe.ts'
import { startXendit } from './xendit.ts'

const port = z.coerce.number().int().min(0).max(65_535).default(0)
const optionalUrl = z.url({ protocol: /^https?$/ }).optional()

/** Keys have the names that the merchant's side gives them: both are started with the same settings. */
const settingsSchema = z.object({
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
  MIDTRANS_SERVER_KEY: z.string().min(1),
  MIDTRANS_WEBHOOK_URL: optionalUrl,
  STRIPE_SECRET_KEY: z.string().min(1),
  STRIPE_PUBLISHABLE_KEY: z.string().min(1).optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(1),
  STRIPE_WEBHOOK_URL: optionalUrl,
  XENDIT_SECRET_KEY: z.string().min(1),
  XENDIT_CALLBACK_TOKEN: z.string().min(1),
  XENDIT_WEBHOOK_URL: optionalUrl,
})

if (import.meta.main) {
  const settings = readSettings(settingsSchema)
  const log = createLog('stand-ins', settings.LOG_LEVEL)
  await runProcess(log, async (): Promise<Running> => {
    const shared = { seed: settings.STAND_IN_SEED, retryScale: settings.STAND_IN_RETRY_SCALE }
    await using started = new AsyncDisposableStack()
    const midtrans = started.use(
      await startMidtrans({
        ...shared,
        port: settings.STAND_IN_MIDTRANS_PORT,
        serverKey: settings.MIDTRANS_SERVER_KEY,
        notificationUrl: settings.MIDTRANS_WEBHOOK_URL,
      }),
    )
    const stripe = started.use(
      await startStripe({
        ...shared,
        port: settings.STAND_IN_STRIPE_PORT,
        secretKey: settings.STRIPE_SECRET_KEY,
        publishableKey: settings.STRIPE_PUBLISHABLE_KEY,
        webhookSecret: settings.STRIPE_WEBHOOK_SECRET,
        webhookUrl: settings.STRIPE_WEBHOOK_URL,
      }),
    )
    const xendit = started.use(
      await startXendit({
        ...shared,
        port: settings.STAND_IN_XENDIT_PORT,
        secretKey: settings.XENDIT_SECRET_KEY,
        callbackToken: settings.XENDIT_CALLBACK_TOKEN,
        callbackUrl: settings.XENDIT_WEBHOOK_URL,
      }),
    )
    for (const [provider, { url, seed }] of Object.entries({ midtrans, stripe, xendit })) {
      log.info({ provider, url, seed }, 'stands in')
    }
    const running = started.move()
    return { url: midtrans.url, close: () => running.disposeAsync() }
  })
}
