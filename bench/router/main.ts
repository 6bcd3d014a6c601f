import { parseArgs } from 'node:util'
import { temporaryDirectory } from '@karcis/infra/setup'
import { chosen, ROUTER_ABLATIONS } from '../ablate/ablations.ts'
import { benchAblations } from './ablation.ts'
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
 * --ablate                   our router beside itself with one thing switched off at a time; --only takes their keys
 * --ms, --connections, --pages, --sockets   how long, how many at a time, how many different requests, how many watchers
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    ablate: { type: 'boolean', default: false },
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
const connections = Number(values.connections)
const only = values.only?.split(',')

installPeers()
if (values.ablate) await benchAblations(chosen(ROUTER_ABLATIONS, only), { rounds, ms, connections, pages })
if (!values.ablate && values.parts.includes('queries')) {
  await using stack = new AsyncDisposableStack()
  const { running } = await start([OURS, APOLLO, HIVE, HIVE_RUST, bareHttp(pages)], stack)
  await benchQueries(running, { rounds, ms, connections, pages })
}
if (!values.ablate && values.parts.includes('subscriptions')) {
  await using stack = new AsyncDisposableStack()
  const { running, world } = await start([OURS, HIVE, ONE_EACH, BARE_WS], stack)
  await benchSubscriptions(running, world, { rounds, ms, sockets: Number(values.sockets) })
}

async function start(contenders: Contender[], stack: AsyncDisposableStack) {
  const directory = stack.use(temporaryDirectory('karcis-bench-'))
  const world = await startWorld(directory.path)
  stack.use(world.subgraphs)
  const wanted = contenders.filter(({ key }) => !only || only.includes(key))
  return { world, running: await startContenders(wanted, world, stack, values.profile) }
}
