import type { ChannelName } from '../kinds.ts'
import type { CaughtMessages } from '../outbox/caught-messages.ts'
import type { Channel } from './channel.ts'

/** Pushes or SMS that go nowhere but to the page where people look at them. */
export const createCaughtChannel = (name: ChannelName, outbox: CaughtMessages): Channel => ({
  name,
  async send({ id, to, kind, wording }) {
    const { subject, paragraphs, facts = [], action, code } = wording
    const blocks = [
      subject,
      ...paragraphs,
      ...facts.map(([label, value]) => `${label}: ${value}`),
      ...(code === undefined ? [] : [code]),
      ...(action ? [`${action.label}: ${action.url}`] : []),
    ]
    await outbox.add(
      { id, channel: name, to, subject, kind, at: new Date().toISOString() },
      blocks.join('\n\n'),
    )
    return 'SENT'
  },
})
