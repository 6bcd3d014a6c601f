import { parseArgs } from 'node:util'
import { temporaryDirectory } from '@karcis/infra/temporary'
import {
  APOLLO,
  bareHttp,
  type Contender,
  HIVE,
  HIVE_RUST,
  OURS,
  startContenders,
  startWorld,
} from './contenders.ts'
import { installPeers } from './peers.ts'
import { benchQueries } from './queries.ts'

/**
 * `npm run bench:router -- 9`: the router beside others in front of the same subgraphs, in the same minutes. Prints
 * Markdown. `--only ours,bare` leaves the other contenders out; `--profile DIRECTORY` has our router write a CPU profile.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    skip: { type: 'string', default: '' },
    ms: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '64' },
    pages: { type: 'string', default: '200' },
    sockets: { type: 'string', default: '1000' },
    profile: { type: 'string' },
  },
})
const rounds = Number(positionals[0] ?? 5)

installPeers()
await using undo = new AsyncDisposableStack()
const directory = undo.use(temporaryDirectory('karcis-bench-'))
const world = await startWorld(directory.path)
undo.use(world.subgraphs)
const pages = Number(values.pages)
const chosen = (contenders: Contender[]): Contender[] =>
  contenders.filter(({ key }) => !values.only || values.only.split(',').includes(key))
const running = await startContenders(chosen([OURS, APOLLO, HIVE, HIVE_RUST, bareHttp(pages)]), world, undo)
await benchQueries(running, { rounds, ms: Number(values.ms), connections: Number(values.connections), pages })
