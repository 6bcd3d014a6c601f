import { createHmac, randomBytes } from 'node:crypto'
import { closeHttp, createHttpServer, listen, readBody, sendJson } from '@karcis/kit/http'

const HOST = '127.0.0.1' // it takes anybody's word that a message arrived: it is nobody's but this machine's
const BODY_LIMIT = 20_000

/** Numbers to which nothing can be sent, as Twilio has them for tests: https://www.twilio.com/docs/iam/test-credentials */
export const NO_NUMBER = '+15005550001'
export const STOPPED_NUMBER = '+15005550004'
export const NO_MOBILE = '+15005550009'

const REFUSED: Readonly<Record<string, { code: number; message: string }>> = {
  [NO_NUMBER]: { code: 21211, message: "The 'To' number is not a valid phone number." },
  [STOPPED_NUMBER]: { code: 21610, message: 'Attempt to send to unsubscribed recipient' },
  [NO_MOBILE]: { code: 21614, message: "'To' number is not a valid mobile number" },
}

/** A text message that was taken. */
export interface TakenSms {
  sid: string
  to: string
  from: string
  text: string
  statusCallback: string | null
  validitySeconds: number | null
}

/** How the provider answers instead of taking a message; or what it does once it has taken one: break off, or say nothing at all. */
export type SmsFault = { status: number; code?: number; retryAfter?: string } | { taken: 'drop' | 'hang' }

/** A running provider of text messages. */
export interface SmsProvider extends AsyncDisposable {
  /** As `SMS_URL` takes it. */
  readonly url: string
  /** In their order. */
  readonly messages: TakenSms[]
  /** What becomes of the next messages, one after the other; then all are taken. */
  readonly faults: SmsFault[]
  /** Says what became of a message, to where it was told to; signed, unless another signature is given. @param to instead of there. @returns the answer's status. */
  tell(
    message: TakenSms,
    said: { status: string; errorCode?: number },
    other?: { signature?: string; to?: string; headers?: Record<string, string> },
  ): Promise<number>
}

export interface SmsOptions {
  readonly account: string
  readonly token: string
  /** Numbers, names and services that messages may be from. */
  readonly from: readonly string[]
}

/** Starts a server that speaks the part of Twilio's API that sends messages (2010-04-01), with its status callbacks and their signatures. */
export async function startSmsProvider({ account, token, from }: SmsOptions): Promise<SmsProvider> {
  const messages: TakenSms[] = []
  const faults: SmsFault[] = []
  const right = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`

  const server = createHttpServer((request, response) => {
    const refuse = (status: number, code: number, message: string, headers: Record<string, string> = {}) =>
      sendJson(response, status, { code, message, more_info: '', status }, headers)
    void readBody(request, BODY_LIMIT)
      .then((body) => {
        if (request.url !== `/2010-04-01/Accounts/${account}/Messages.json` || request.method !== 'POST')
          return refuse(404, 20404, 'The requested resource was not found')
        if (request.headers.authorization !== right) return refuse(401, 20003, 'Authenticate')
        if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
          return refuse(415, 20415, 'The content is no form')
        const fault = faults.shift()
        if (fault && 'status' in fault)
          return refuse(fault.status, fault.code ?? fault.status, 'as the test has it', {
            ...(fault.retryAfter && { 'retry-after': fault.retryAfter }),
          })
        const form = new URLSearchParams(body)
        const to = form.get('To') ?? ''
        const sender = form.get('MessagingServiceSid') ?? form.get('From') ?? ''
        const text = form.get('Body') ?? ''
        const refused = REFUSED[to]
        if (refused) return refuse(400, refused.code, refused.message)
        if (!/^\+[1-9]\d{6,14}$/.test(to)) return refuse(400, 21211, 'No valid number')
        if (!from.includes(sender)) return refuse(400, 21606, 'This is no sender of yours')
        if (text === '' || text.length > 1_600) return refuse(400, 21617, 'The body is empty, or too long')
        const validity = form.get('ValidityPeriod')
        const message: TakenSms = {
          sid: `SM${randomBytes(16).toString('hex')}`,
          to,
          from: sender,
          text,
          statusCallback: form.get('StatusCallback'),
          validitySeconds: validity === null ? null : Number(validity),
        }
        messages.push(message)
        if (fault) return fault.taken === 'drop' ? request.socket.resetAndDestroy() : undefined
        return sendJson(response, 201, {
          sid: message.sid,
          account_sid: account,
          to,
          body: text,
          status: 'queued',
          error_code: null,
        })
      })
      .catch(() => request.socket.destroy())
  })
  const url = `http://${HOST}:${await listen(server, 0, HOST)}`

  return {
    url,
    messages,
    faults,
    async tell(message, { status, errorCode }, { signature, to, headers = {} } = {}) {
      const form = new URLSearchParams({
        AccountSid: account,
        MessageSid: message.sid,
        MessageStatus: status,
        To: message.to,
        From: message.from,
        ...(errorCode !== undefined && { ErrorCode: String(errorCode) }),
      })
      const callback = message.statusCallback ?? ''
      const signed =
        callback +
        [...form.keys()]
          .toSorted()
          .map((name) => name + form.get(name))
          .join('')
      const response = await fetch(to ?? callback, {
        method: 'POST',
        headers: {
          ...headers,
          'x-twilio-signature': signature ?? createHmac('sha1', token).update(signed).digest('base64'),
        },
        body: form,
      })
      await response.arrayBuffer()
      return response.status
    },
    [Symbol.asyncDispose]: () => closeHttp(server, 0),
  }
}
