import { readSettings } from '@karcis/kit/env'
import { type Running, runProcess } from '@karcis/kit/lifecycle'
import { createLog } from '@karcis/kit/log'
import { startGoogle } from './google.ts'
import { startMidtrans } from './midtrans.ts'
import { standInSettings } from './settings.ts'
import { startStripe } from './stripe.ts'
import { startXendit } from './xendit.ts'

/** The next day, for who tries it out: until a card has settled, it can only be given back as a whole. */
const SETTLE_AFTER_MS = 15_000

if (import.meta.main) {
  const settings = readSettings(standInSettings)
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
        settleAfterMs: SETTLE_AFTER_MS,
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
    const google = started.use(
      await startGoogle({
        port: settings.STAND_IN_GOOGLE_PORT,
        clientId: settings.GOOGLE_CLIENT_ID,
        clientSecret: settings.GOOGLE_CLIENT_SECRET,
        redirectUris: settings.GOOGLE_REDIRECT_URIS,
      }),
    )
    log.info({ provider: 'google', url: google.url }, 'stands in')
    for (const [provider, { url, seed }] of Object.entries({ midtrans, stripe, xendit })) {
      log.info({ provider, url, seed }, 'stands in')
    }
    const running = started.move()
    return { url: midtrans.url, close: () => running.disposeAsync() }
  })
}
