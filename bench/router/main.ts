import { parseArgs } from 'node:util'
import { temporaryDirectory } from '@karcis/infra/setup'
import { chosen, ROUTER_ABLATIONS } from '../ablate/ablations.ts'
import { benchAblations } from './ablation.ts'
import { benchCold } from './cold.ts'
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
  type World,
} from './contenders.ts'
import { GRAFBASE, NGINX } from './native.ts'
import { installPeers } from './peers.ts'
import { pinTo } from './pinning.ts'
import { benchOneConnection, benchQueries } from './queries.ts'
import { benchSubscriptions } from './subscriptions.ts'

/**
 * `npm run bench:router -- 9`: the router beside others in front of the same subgraphs, in the same minutes, printed as
 * Markdown. Of use while working on the router:
 * --only ours,bare           no other contenders (ours, apollo, hive, hive-rust, grafbase, nginx, one-each, bare)
 * --parts queries            no other measures (queries, one-connection, cold, subscriptions)
 * --pin                      each contender alone on the second core, load and subgraphs on the first; ratios per core
 * --profile DIRECTORY        our router writes a CPU profile there
 * --ablate                   our router beside itself with one thing switched off at a time; --only takes their keys
 * --ms, --connections, --pages, --sockets   how long, how many at a time, how many different requests, how many watchers
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    ablate: { type: 'boolean', default: false },
    parts: { type: 'string', default: 'queries,one-connection,cold,subscriptions' },
    pin: { type: 'boolean', default: false },
    profile: { type: 'string' },
    ms: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '64' },
    pages: { type: 'string', default: '200' },
    sockets: { type: 'string', default: '1000' },
  },
})
const LOAD_CORE = 0
const CONTENDER_CORE = 1

const pages = Number(values.pages)
const only = values.only?.split(',')
const parts = values.ablate ? [] : values.parts.split(',')

installPeers()
const perCore = values.pin && pinTo(LOAD_CORE)
const startOptions = { profileInto: values.profile, core: perCore ? CONTENDER_CORE : undefined }
const options = {
  rounds: Number(positionals[0] ?? 5),
  ms: Number(values.ms),
  connections: Number(values.connections),
  pages,
  perCore,
}
const asked = [OURS, APOLLO, HIVE, HIVE_RUST, GRAFBASE, NGINX, bareHttp(pages)]

if (values.ablate) await benchAblations(chosen(ROUTER_ABLATIONS, only), options)
if (parts.includes('queries') || parts.includes('one-connection')) {
  await using stack = new AsyncDisposableStack()
  const { running } = await start(asked, stack)
  if (parts.includes('queries')) await benchQueries(running, options)
  if (parts.includes('one-connection')) await benchOneConnection(running, options)
}
if (parts.includes('cold')) {
  await using stack = new AsyncDisposableStack()
  await benchCold(chosenOf([OURS, GRAFBASE]), await openWorld(stack), options, startOptions)
}
if (parts.includes('subscriptions')) {
  await using stack = new AsyncDisposableStack()
  const { running, world } = await start([OURS, HIVE, GRAFBASE, ONE_EACH, BARE_WS], stack)
  await benchSubscriptions(running, world, { ...options, sockets: Number(values.sockets) })
}

async function start(contenders: Contender[], stack: AsyncDisposableStack) {
  const world = await openWorld(stack)
  return { world, running: await startContenders(chosenOf(contenders), world, stack, startOptions) }
}

async function openWorld(stack: AsyncDisposableStack): Promise<World> {
  const directory = stack.use(temporaryDirectory('karcis-bench-'))
  const world = await startWorld(directory.path)
  stack.use(world.subgraphs)
  return world
}

function chosenOf(contenders: Contender[]): Contender[] {
  return contenders.filter(({ key }) => !only || only.includes(key))
}
