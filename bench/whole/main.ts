import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { freePort } from '@karcis/infra/setup'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { SUPERGRAPH } from '../../scripts/paths.ts'
import { chosen, PLATFORM_ABLATIONS } from '../ablate/ablations.ts'
import { startChild } from '../router/child.ts'
import { figure, median, type Rounds, spread, table } from '../router/figures.ts'
import { installPeers, peer } from '../router/peers.ts'
import { benchAblations } from './ablation.ts'
import { CONNECTIONS, type Demand, DEMANDS, measureDemand } from './demand.ts'
import { type Front, startBacking, startPlatform } from './platform.ts'

/**
 * The platform from end to end, subgraphs on Postgres and Redis and all, behind our router and behind plain Apollo Server
 * with @apollo/gateway, and where the CPU time goes: `npm run bench:whole -- 7`. With `--profile DIRECTORY` our processes
 * write CPU profiles there. With `--ablate` the platform beside itself with one thing switched off at a time; `--only` takes
 * the keys of some of them.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string' },
    ms: { type: 'string', default: '3000' },
    ablate: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const rounds = Number(positionals[0] ?? 5)
const ms = Number(values.ms)
if (values.ablate) await benchAblations(chosen(PLATFORM_ABLATIONS, values.only?.split(',')), rounds, ms)
else await benchWhole(values.profile)

async function benchWhole(profileInto: string | undefined): Promise<void> {
  installPeers()
  await using stack = new AsyncDisposableStack()
  const profile = profileInto === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileInto}`]
  const backing = await startBacking(stack, profile)
  const { front, subgraphs } = await startPlatform(backing, stack)
  const supergraph = `${backing.directory}/supergraph.graphql`
  writeFileSync(supergraph, withPorts(readFileSync(SUPERGRAPH, 'utf8'), subgraphs.ports))
  const port = await freePort()
  const args = [peer('apollo.mjs'), supergraph, String(port)]
  const { SERVICE_SECRET = '' } = backing.env
  const apollo = stack.use(await startChild(port, args, { SERVICE_SECRET }))
  const fronts: Front[] = [
    {
      name: 'Apollo Server + @apollo/gateway',
      port,
      cpu: () => ({ gateway: apollo.cpu(), ...subgraphs.cpu() }),
    },
    front,
  ]
  for (const demand of DEMANDS) {
    const { measured, bytes } = await measureDemand(demand, fronts, rounds, ms)
    console.log(report(demand, measured, bytes))
  }
}

/** The rate of each, and the CPU time that a request costs in each process. */
function report({ title }: Demand, measured: Rounds[], bytes: number): string {
  const [reference] = measured.map(({ rates }) => median(rates))
  const parts = Object.keys(measured[0]?.cpu[0] ?? {})
  const rows = table(
    ['', 'requests/s', '× Apollo', ...parts.map((part) => `${part} µs`)],
    measured.map(({ name, rates, cpu }) => [
      name,
      spread(rates),
      figure(median(rates) / (reference ?? Number.NaN)),
      ...parts.map((part) => figure(median(cpu.map((one) => one[part] ?? Number.NaN)))),
    ]),
  )
  return (
    `\n### Events with organizers and ticket types: ${title}\n\nResponses of ${figure(bytes)} bytes from three subgraphs, ${CONNECTIONS} connections; ` +
    `median (and range) of ${rounds} interleaved rounds; µs of CPU time per request in each process.\n\n${rows}`
  )
}

/** The committed supergraph, at the ports of this run. */
function withPorts(sdl: string, ports: Record<SubgraphName, number>): string {
  return SUBGRAPHS.reduce(
    (text, name, index) => text.replaceAll(`127.0.0.1:${4001 + index}/`, `127.0.0.1:${ports[name]}/`),
    sdl,
  )
}
