import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { startKarcis } from './karcis.ts'

const SERVER_KEY = 'SB-Mid-server-test'

/** The whole system, and Midtrans for it. Where the router is going to be is not known yet: what Midtrans tells is for the story to hand on. */
export async function startAtMidtrans() {
  await using stack = new AsyncDisposableStack()
  const midtrans = stack.use(
    await startMidtrans({ serverKey: SERVER_KEY, notificationUrl: 'http://127.0.0.1:9/' }),
  )
  const karcis = stack.use(
    await startKarcis({
      MIDTRANS_SERVER_KEY: SERVER_KEY,
      MIDTRANS_SNAP_URL: midtrans.url,
      MIDTRANS_API_URL: midtrans.url,
    }),
  )
  const open = stack.move()
  return { midtrans, karcis, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
