import type { BaseDeps } from '@karcis/kit/subgraph'
import type { ChannelName } from '../kinds.ts'

/** A message that would have been sent. */
export interface CaughtMessage {
  /** The delivery's. */
  id: string
  channel: ChannelName
  to: string
  subject: string
  kind: string
  /** RFC 3339. */
  at: string
}

/** What would have been sent, for people to look at: in development, where nothing is set to send it by. */
export interface CaughtMessages {
  /** Keeps a message. One of the same id is kept once. @param raw as it would have been sent: of a mail, its bytes. */
  add(message: CaughtMessage, raw: string): Promise<void>
  /** The newest first. */
  list(): Promise<CaughtMessage[]>
  find(id: string): Promise<{ message: CaughtMessage; raw: string } | null>
}

/** So many are kept; then the oldest goes. Some have tickets with them, of 50 kB each. */
const KEPT = 200
const KEPT_SECONDS = 7 * 24 * 3_600

/** One slot of a cluster. */
const KEYS = ['{outbox}:ids', '{outbox}:messages', '{outbox}:raw']

const ADD = `
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
while redis.call('LLEN', KEYS[1]) > tonumber(ARGV[4]) do
  local oldest = redis.call('RPOP', KEYS[1])
  redis.call('HDEL', KEYS[2], oldest)
  redis.call('HDEL', KEYS[3], oldest)
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[5]) end`

export function createCaughtMessages({ redis }: Pick<BaseDeps<unknown>, 'redis'>): CaughtMessages {
  const [ids, messages, raws] = KEYS as [string, string, string]
  return {
    async add(message, raw) {
      await redis.eval(ADD, 3, ...KEYS, message.id, JSON.stringify(message), raw, KEPT, KEPT_SECONDS)
    },

    async list() {
      const all = await redis.lrange(ids, 0, -1)
      if (all.length === 0) return []
      const texts = await redis.hmget(messages, ...all)
      return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as CaughtMessage]))
    },

    async find(id) {
      const [message, raw] = await Promise.all([redis.hget(messages, id), redis.hget(raws, id)])
      return message === null || raw === null ? null : { message: JSON.parse(message), raw }
    },
  }
}
