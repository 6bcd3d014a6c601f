import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** A mail that the server has taken. */
export interface TakenMail {
  /** The envelope's. */
  from: string
  to: string
  /** Byte for byte. */
  raw: Buffer
}

/** How the server behaves instead of taking a mail. */
interface Fault {
  at: 'RCPT' | 'DATA'
  /** A reply, such as `550 5.1.1 no such user`. @see drop */
  reply?: string
  /** At DATA: takes the mail, and breaks off before it says so. */
  drop?: true
  /** Says nothing at all. */
  hang?: true
}

/** A mail server that speaks SMTP, and has the faults that servers have. */
export interface MailServer extends AsyncDisposable {
  /** As `SMTP_URL` takes it. */
  url: string
  /** In their order. */
  mails: TakenMail[]
  /** Connections since the start. */
  readonly connections: number
  /** What becomes of the next mails, one after the other; then all are taken. */
  faults: Fault[]
}

/** @param take is given each mail instead of `mails`, for more than memory holds. */
export async function startMailServer(take?: (mail: TakenMail) => void): Promise<MailServer> {
  const mails: TakenMail[] = []
  const faults: Fault[] = []
  let connections = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    onConnect(_, done) {
      connections += 1
      done()
    },
    onRcptTo(_, __, done) {
      if (faults[0]?.at !== 'RCPT') return done()
      const { reply, hang } = faults.shift() as Fault
      if (!hang) done(refusal(reply))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const fault = faults[0]?.at === 'DATA' ? faults.shift() : undefined
        if (fault?.reply !== undefined) return done(refusal(fault.reply))
        if (fault?.hang) return undefined
        const { mailFrom, rcptTo } = session.envelope
        const mail = {
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address).join(', '),
          raw: Buffer.concat(chunks),
        }
        if (take) take(mail)
        else mails.push(mail)
        if (!fault?.drop) return done()
        for (const connection of server.connections) {
          if (connection.id === session.id) connection.close()
        }
      })
    },
  })
  server.on('error', () => undefined) // of connections that clients break off
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    faults,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What the library answers with: the reply's code, and the text behind it. */
function refusal(reply = '451 4.3.0 not now'): Error & { responseCode: number } {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })
}
