import type { CaughtMessages } from '../outbox/caught-messages.ts'
import { endPhone } from '../phones/phones.ts'
import { endOf, postSms, type SmsAccount, statusUrlOf } from '../sms/sms-provider.ts'
import { smsOf } from '../sms/sms-text.ts'
import type { OutsideService } from './outside-service.ts'
import { type Channel, NeverTaken, notTaken } from './channel.ts'

/** What a day later is still worth knowing. */
const USUAL_TTL_SECONDS = 24 * 3_600

/** Text messages by the API of Twilio. An address is a number of E.164. */
export const createSmsChannel = (
  account: SmsAccount,
  service: OutsideService,
  publicUrl: string,
): Channel => ({
  name: 'SMS',
  ended: endPhone,
  async send({ id, to, until, wording }, signal) {
    const ttlSeconds = until === null ? USUAL_TTL_SECONDS : Math.ceil((until.getTime() - Date.now()) / 1_000)
    const sms = { to, text: smsOf(wording), statusUrl: statusUrlOf(publicUrl, id), ttlSeconds }
    const { status, code, message, retryAfterSeconds } = await service.ask(() =>
      postSms(account, sms, signal),
    )
    if (status >= 200 && status < 300) return 'SENT'
    const end = endOf(code)
    if (end) return end
    const reason = `the provider answered ${status}${code === null ? '' : ` (${code})`}: ${message}`
    if (status === 400) throw new NeverTaken(reason)
    throw notTaken(reason, retryAfterSeconds)
  },
})

/** Text messages that go nowhere but to the page where people look at them. */
export const createCaughtSmsChannel = (outbox: CaughtMessages): Channel => ({
  name: 'SMS',
  ended: endPhone,
  async send({ id, to, kind, wording }) {
    const at = new Date().toISOString()
    await outbox.add({ id, channel: 'SMS', to, subject: wording.subject, kind, at }, smsOf(wording))
    return 'SENT'
  },
})
