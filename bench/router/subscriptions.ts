import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Audience, openAudience } from './audience.ts'
import { type Feed, PRICES, REVIEWED_PRICES } from './catalogue.ts'
import { ONE_EACH, type Running, type World } from './contenders.ts'
import { figure } from './figures.ts'
import { BURST, type Figures, type Lane, report } from './subscriptions-report.ts'

type MeasureOptions = Pick<SubscriptionOptions, 'ms' | 'sockets'>

export interface SubscriptionOptions {
  rounds: number
  /** How long each contender is measured in each round, for bursts, for single events and for those of three subgraphs. */
  ms: number
  sockets: number
}

/** Files that a process has open beside its sockets, generously. */
const OTHER_FILES = 256
const WARMING = 100
const MEMORY_SOCKETS = 10_000
const PATIENCE_MS = 10_000
const PROBE_MS = 500
const QUIET_MS = 1_500

/** Deliveries of the same events to many sockets, by each contender in turn; rounds interleaved. */
export async function benchSubscriptions(
  running: Running[],
  world: World,
  { rounds, ms, sockets }: SubscriptionOptions,
): Promise<void> {
  const files = fileLimit()
  if (files < sockets + OTHER_FILES)
    throw new Error(
      `${sockets} sockets need as many open files; the limit is ${files}: raise it (ulimit -n).`,
    )
  // A process has megabytes of young garbage, now more and now less: only many watchers stand out from it.
  const waiting = Math.max(sockets, Math.min(MEMORY_SOCKETS, files - OTHER_FILES))
  const lanes = new Set(running.map(laneOf))
  const publish = publisher(world)
  // The round before the first warms, and sees how much memory a fresh process takes.
  for (let round = -1; round < rounds; round++) {
    for (const lane of lanes) {
      try {
        if (round < 0) await measureMemory(lane, waiting, publish)
        else await measure(lane, { ms, sockets }, publish)
      } catch (error) {
        const { child, contender } = lane.running
        const reason = child.failure() ?? (error as Error).message
        // Who cannot have that many watchers may still have fewer.
        if (round < 0) console.log(`✗ ${contender.name} cannot have ${waiting} watchers: ${reason}`)
        else {
          console.log(`✗ ${contender.name} failed: ${reason}`)
          lanes.delete(lane)
        }
      }
    }
  }
  for (const { running: of, lost } of lanes) {
    if (lost > 0)
      console.log(`✗ ${of.contender.name} did not deliver ${figure(lost)} events that it should have.`)
  }
  console.log(
    `\n### A subscription of ${figure(sockets)} clients\n\nThe same event for all, one socket each (limit of open files: ${figure(files)}); ` +
      `median (and range) of ${rounds} interleaved rounds. Every watcher is checked to have received every event.\n\n${report([...lanes], waiting)}`,
  )
}

const laneOf = (running: Running): Lane => ({
  running,
  bursts: { rates: [], cpu: [] },
  singles: { rates: [], cpu: [] },
  reviewed: { rates: [], cpu: [] },
  memory: Number.NaN,
  lost: 0,
})

/** Publishes so many events at once. @returns the number of the last. */
type Publish = (count: number) => number

function publisher({ subgraphs }: World): Publish {
  let last = 0
  return (count) => {
    subgraphs.tell({ first: last + 1, count })
    last += count
    return last
  }
}

async function measureMemory(lane: Lane, watchers: number, publish: Publish): Promise<void> {
  const { running } = lane
  const { child } = running
  {
    using warming = await openListening(running, WARMING, PRICES, publish)
    for (let count = 0; count < 10; count++) await warming.received(publish(BURST), PATIENCE_MS)
  }
  await sleep(QUIET_MS)
  const before = child.memory()
  using _audience = await openListening(running, watchers, PRICES, publish)
  await sleep(QUIET_MS)
  lane.memory = (child.memory() - before) / watchers
}

async function measure(lane: Lane, options: MeasureOptions, publish: Publish): Promise<void> {
  const { bursts, singles, reviewed, running } = lane
  await measureFeed(
    lane,
    PRICES,
    [
      [bursts, BURST],
      [singles, 1],
    ],
    options,
    publish,
  )
  // It is the events of one subgraph, executed in the process that has them.
  if (running.contender === ONE_EACH) return
  await measureFeed(lane, REVIEWED_PRICES, [[reviewed, 1]], options, publish)
}

/** @param parts how many events at once, and where their figures go. */
async function measureFeed(
  lane: Lane,
  feed: Feed,
  parts: [Figures, number][],
  { ms, sockets }: MeasureOptions,
  publish: Publish,
): Promise<void> {
  const { running } = lane
  const { child } = running
  using audience = await openListening(running, sockets, feed, publish)
  for (const [figures, count] of parts) {
    await sleep(PROBE_MS)
    const before = audience.delivered
    const cpu = child.cpu()
    const started = performance.now()
    let published = 0
    let elapsed = 0
    do {
      published += count
      const all = await audience.received(publish(count), PATIENCE_MS)
      elapsed = performance.now() - started
      if (!all) break
    } while (elapsed < ms)
    const delivered = audience.delivered - before
    figures.rates.push((delivered * 1000) / elapsed)
    figures.cpu.push((child.cpu() - cpu) / delivered)
    lane.lost += published * sockets - delivered
  }
}

/** An audience in which each watcher is known to be heard: there is no other sign that a subscription has begun. */
async function openListening(
  { child, contender }: Running,
  size: number,
  feed: Feed,
  publish: Publish,
): Promise<Audience> {
  const server = { port: child.port, path: contender.socketPath ?? '/graphql' }
  const audience = await openAudience(server, size, feed)
  for (const giveUpAt = Date.now() + 60_000; Date.now() < giveUpAt; ) {
    if ((await audience.received(publish(1), PROBE_MS)) && audience.complete) return audience
  }
  audience[Symbol.dispose]()
  throw new Error('some watchers hear nothing')
}

/** How many files this process, and so each that it starts, may have open. */
function fileLimit(): number {
  try {
    return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  } catch {
    return Infinity
  }
}
