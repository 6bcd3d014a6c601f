import { parseArgs } from 'node:util'
import { temporaryDirectory } from '@karcis/infra/setup'
import {
  APOLLO,
  BARE_WS,
  bareHttp,
  type Contender,
  HIVE,
  HIVE_RUST,
  ONE_EACH,
  OURS,
  startContenders,
  startWorld,
} from './contenders.ts'
import { installPeers } from './peers.ts'
import { benchQueries } from './queries.ts'
import { benchSubscriptions } from './subscriptions.ts'

/**
 * `npm run bench:router -- 9`: the router beside others in front of the same subgraphs, in the same minutes, printed as
 * Markdown. Of use while working on the router:
 * --only ours,bare           no other contenders (ours, apollo, hive, hive-rust, one-each, bare)
 * --parts queries            not the subscriptions, or the other way round
 * --profile DIRECTORY        our router writes a CPU profile there
 * --ms, --connections, --pages, --sockets   how long, how many at a time, how many different requests, how many watchers
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    parts: { type: 'string', default: 'queries,subscriptions' },
    profile: { type: 'string' },
    ms: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '64' },
    pages: { type: 'string', default: '200' },
    sockets: { type: 'string', default: '1000' },
  },
})
const rounds = Number(positionals[0] ?? 5)
const ms = Number(values.ms)
const pages = Number(values.pages)
const only = values.only?.split(',')

installPeers()
if (values.parts.includes('queries')) {
  await using undo = new AsyncDisposableStack()
  const { running } = await start([OURS, APOLLO, HIVE, HIVE_RUST, bareHttp(pages)], undo)
  await benchQueries(running, { rounds, ms, connections: Number(values.connections), pages })
}
if (values.parts.includes('subscriptions')) {
  await using undo = new AsyncDisposableStack()
  const { running, world } = await start([OURS, HIVE, ONE_EACH, BARE_WS], undo)
  await benchSubscriptions(running, world, { rounds, ms, sockets: Number(values.sockets) })
}

async function start(contenders: Contender[], undo: AsyncDisposableStack) {
  const directory = undo.use(temporaryDirectory('karcis-bench-'))
  const world = await startWorld(directory.path)
  undo.use(world.subgraphs)
  const chosen = contenders.filter(({ key }) => !only || only.includes(key))
  return { world, running: await startContenders(chosen, world, undo, values.profile) }
}
