import { temporaryDirectory } from '@karcis/infra/setup'
import { type Ablation, preload } from '../ablate/ablations.ts'
import { ablationTable } from '../ablate/report.ts'
import { WORKLOADS } from './catalogue.ts'
import { ablated, OURS, type Running, startContenders, startWorld } from './contenders.ts'
import { measureRates, type QueryOptions, verified } from './queries.ts'

/**
 * What each thing is worth that the router does to ask less often, or more cheaply: the router beside itself with one of them
 * switched off or replaced, in the same minutes, when all clients ask the same and when they do not.
 */
export async function benchAblations(ablations: Ablation[], options: QueryOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const running = await start(ablations, stack)
  for (const workload of WORKLOADS) {
    for (const pages of [1, options.pages]) {
      const entrants = await verified(running, workload, { ...options, pages })
      await measureRates(entrants, options)
      const rounds = Array.from(entrants, ({ measured: { name, rates, cpu } }) => ({
        name: name === OURS.name ? 'everything on' : name,
        rates,
        cpu: cpu.map((router) => ({ router })),
      }))
      console.log(
        `\n### ${workload.title}\n\nRequests ${pages === 1 ? 'all the same' : `${pages} different`}, ${options.connections} connections; ` +
          `median (and range) of ${options.rounds} interleaved rounds, ratios to everything on.\n\n${ablationTable(rounds)}`,
      )
    }
  }
}

async function start(ablations: Ablation[], stack: AsyncDisposableStack): Promise<Running[]> {
  const world = async (subgraphs?: string) => {
    const { path } = stack.use(temporaryDirectory('karcis-bench-'))
    const started = await startWorld(path, preload(subgraphs))
    stack.use(started.subgraphs)
    return started
  }
  const common = await world()
  const running = await startContenders([OURS], common, stack)
  for (const ablation of ablations) {
    const own = ablation.subgraphs === undefined ? common : await world(ablation.subgraphs)
    running.push(...(await startContenders([ablated(ablation)], own, stack)))
  }
  return running
}
