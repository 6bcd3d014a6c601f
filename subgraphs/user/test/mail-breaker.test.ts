import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { startMailServer } from '@karcis/testkit/mail-server'
import { expect, it, onTestFinished } from 'vitest'
import { RetryLater } from '../src/domain/notifications/channels/channel.ts'
import { createEmailChannel } from '../src/domain/notifications/channels/email.ts'
import { word } from '../src/domain/notifications/texts/word.ts'
import { createUnsubscribeLinks } from '../src/domain/notifications/unsubscribing/unsubscribe-links.ts'

const DATA = { by: 'LINK' } as const
const PAGE = 'https://karcis.example'

/** How the next mail fares: the name of what is thrown, and for how long that asks to be left alone. */
function mailer(url: string) {
  const channel = createEmailChannel(url, {
    sender: { from: 'Karcis <tickets@karcis.example>' },
    links: createUnsubscribeLinks('a secret of thirty-two characters', PAGE),
    clients: {},
    log: createLog('test', 'silent'),
  })
  onTestFinished(() => channel.close())
  return () =>
    channel
      .send(
        {
          id: newId(),
          to: 'sari@example.com',
          userId: newId(),
          language: 'EN',
          kind: 'PASSWORD_CHANGED',
          group: 'SECURITY',
          data: DATA,
          until: null,
          wording: word('PASSWORD_CHANGED', DATA, { language: 'EN', timezone: 'Asia/Jakarta' }, PAGE, ''),
        },
        AbortSignal.timeout(5_000),
      )
      .catch((error: Error) => (error instanceof RetryLater ? error.afterSeconds : 'away'))
}

it('waits for no mail server that is away, after some mails, and for each that is there, whatever it says', async () => {
  const away = mailer('smtp://127.0.0.1:9')
  const told: unknown[] = []
  for (let mails = 0; mails < 7; mails += 1) told.push(await away())
  expect(told).toEqual(['away', 'away', 'away', 'away', 'away', 10, 10])

  await using server = await startMailServer()
  const send = mailer(server.url)
  const reply = '451 4.7.1 come back later'
  for (let mails = 0; mails < 5; mails += 1) server.faults.push({ at: 'RCPT', reply })
  for (let mails = 0; mails < 5; mails += 1) server.faults.push({ at: 'DATA', reply: '554 5.7.1 not liked' })
  const answers: unknown[] = []
  for (let mails = 0; mails < 11; mails += 1) answers.push(await send())
  expect(answers).toEqual([...Array(5).fill(300), ...Array(5).fill('away'), 'SENT'])
})
