import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@karcis/kit/ids'
import { tellEvent } from './event-on-sale.ts'
import { startTicketServer } from './ticket-server.ts'

const JOINING_AT_ONCE = 500
const SAMPLES = 50_000

/** What a simulated rush on one waiting room came to. */
interface Rush {
  people: number
  admitPerMinute: number
  seconds: number
}

/**
 * One ticket process, its own Postgres (fsync on) and Redis, and so many people who join one event's waiting room, half of them before it
 * opens, and who all watch where they stand. They are in the process itself: what a socket costs is the router's figure, not this one's. Prints what
 * joining, admitting and informing take, in time and memory.
 */
async function simulate({ people, admitPerMinute, seconds }: Rush): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { subgraph } = await startTicketServer(stack)
  const eventId = await tellEvent(subgraph.url, newId())
  const { db, redis, waitingRoom } = subgraph.deps
  const { line, board, reads } = waitingRoom
  const queueId = newId()
  await db.$executeRaw`INSERT INTO queues (id, event_id, opens_at, admit_per_minute, seed, admitted_until)
    VALUES (${queueId}::uuid, ${eventId}::uuid, now() + interval '1 hour', ${admitPerMinute}, sha256('bench'), now())`
  await db.$executeRaw`UPDATE event_copies SET queue_id = ${queueId}::uuid WHERE id = ${eventId}::uuid`
  const queue = await reads.ofEvent(eventId)
  if (!queue) throw new Error('no queue')
  const waitedFor = queue

  const memory = () => ({
    rss: process.memoryUsage.rss() / 2 ** 20,
    heap: process.memoryUsage().heapUsed / 2 ** 20,
  })
  const redisInfo = async (section: string, name: string): Promise<number> =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(await redis.info(section))?.[1])
  const redisCpu = async (): Promise<number> =>
    (await redisInfo('cpu', 'used_cpu_sys')) + (await redisInfo('cpu', 'used_cpu_user'))
  const print = (what: string, figures: Record<string, string | number>): void =>
    console.log(
      `${what.padEnd(34)} ${Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    )

  /** Of one position, in Redis, by some hundred random ones at once: what grows with the line shows here. */
  async function positionTime(ids: readonly string[]): Promise<string> {
    const random = () => ids[Math.floor(Math.random() * ids.length)] ?? ''
    const before = await redisCpu()
    for (let n = 0; n < SAMPLES; n += JOINING_AT_ONCE)
      await line.look(waitedFor, Array.from({ length: JOINING_AT_ONCE }, random))
    return `${((((await redisCpu()) - before) * 1e6) / SAMPLES).toFixed(1)} µs`
  }

  const ids = Array.from({ length: people }, newId)
  const [memoryBefore, redisBefore] = [memory(), await redisInfo('memory', 'used_memory')]
  const joinFrom = async (from: number, to: number): Promise<number> => {
    const began = performance.now()
    for (let at = from; at < to; at += JOINING_AT_ONCE)
      await Promise.all(ids.slice(at, Math.min(to, at + JOINING_AT_ONCE)).map((id) => line.join(queue, id)))
    return (to - from) / ((performance.now() - began) / 1_000)
  }
  await joinFrom(0, Math.min(1_000, people))
  const short = await positionTime(ids.slice(0, 1_000))
  const half = Math.floor(people / 2)
  await joinFrom(Math.min(1_000, people), half)
  await db.$executeRaw`UPDATE queues SET opens_at = now() - interval '1 second', admitted_until = now() + interval '1 hour'`
  const opened = await reads.ofEvent(eventId)
  if (!opened) throw new Error('no queue')
  Object.assign(queue, opened)
  const perSecond = await joinFrom(half, people)
  print('joined', {
    people,
    'a second': Math.round(perSecond),
    'Redis MB': Math.round(((await redisInfo('memory', 'used_memory')) - redisBefore) / 2 ** 20),
  })
  print('a position, of Redis', {
    'of 1,000': short,
    [`of ${people.toLocaleString('en')}`]: await positionTime(ids),
  })

  const heard = { positions: 0, admitted: 0, out: 0 }
  const lateness: number[] = []
  const follow = async (userId: string): Promise<void> => {
    for await (const { status, admittedUntil } of board.watch(queue, userId)) {
      if (status === 'WAITING') heard.positions += 1
      if (status !== 'ADMITTED' || !admittedUntil) continue
      heard.admitted += 1
      lateness.push(
        Date.now() - (admittedUntil.getTime() - subgraph.deps.settings.QUEUE_PASS_SECONDS * 1_000),
      )
    }
    heard.out += 1
  }
  for (const [at, id] of ids.entries()) {
    void follow(id)
    if (at % 10_000 === 0) await sleep(0)
  }
  const began = performance.now()
  await db.$executeRaw`UPDATE queues SET admitted_until = now()`
  while (heard.positions < people - heard.admitted && performance.now() - began < 300_000) await sleep(50)
  print('everybody knows their position', {
    seconds: ((performance.now() - began) / 1_000).toFixed(1),
    'MB of memory': Math.round(memory().rss - memoryBefore.rss),
    'MB of it live': Math.round(memory().heap - memoryBefore.heap),
  })

  const admittedOf = async (): Promise<number> =>
    (await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM queue_admissions`)[0]?.n ?? 0
  const [positions, before, cpu, cpuOfRedis, start] = [
    heard.positions,
    await admittedOf(),
    process.cpuUsage(),
    await redisCpu(),
    performance.now(),
  ]
  lateness.length = 0
  await sleep(seconds * 1_000)
  const [took, admitted] = [(performance.now() - start) / 1_000, (await admittedOf()) - before]
  const used = process.cpuUsage(cpu)
  lateness.sort((a, b) => a - b)
  print('admitting and informing', {
    'admitted a minute': Math.round((admitted / took) * 60),
    'told of another position a second': Math.round((heard.positions - positions) / took),
    'ms until told of their turn, median': lateness[Math.floor(lateness.length / 2)] ?? 'none',
    p99: lateness[Math.floor(lateness.length * 0.99)] ?? 'none',
    cores: ((used.user + used.system) / 1e6 / took).toFixed(2),
    "Redis' cores": (((await redisCpu()) - cpuOfRedis) / took).toFixed(2),
  })
  await sleep(2_000)
  const total = await admittedOf()
  print('at the end', { admitted: total, 'told so': heard.admitted })
}

const [people = '1000000', admitPerMinute = '60000', seconds = '60'] = process.argv.slice(2)
await simulate({ people: Number(people), admitPerMinute: Number(admitPerMinute), seconds: Number(seconds) })
