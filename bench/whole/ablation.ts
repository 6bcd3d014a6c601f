import { type Ablation, preload } from '../ablate/ablations.ts'
import { ablationTable } from '../ablate/report.ts'
import { CONNECTIONS, DEMANDS, measureDemand } from './demand.ts'
import { type Front, startBacking, startPlatform, startRouter, startSubgraphs } from './platform.ts'

/**
 * What each thing is worth that the platform does to ask less often, or more cheaply: the platform beside itself with one of
 * them switched off or replaced, on the same data and in the same minutes.
 */
export async function benchAblations(ablations: Ablation[], rounds: number, ms: number): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const fronts = await start(ablations, stack)
  for (const demand of DEMANDS) {
    const { measured, bytes } = await measureDemand(demand, fronts, rounds, ms)
    console.log(
      `\n### Events with organizers and ticket types: ${demand.title}\n\nResponses of ${bytes} bytes from three subgraphs, ${CONNECTIONS} connections; ` +
        `median (and range) of ${rounds} interleaved rounds, ratios to everything on.\n\n${ablationTable(measured)}`,
    )
  }
}

async function start(ablations: Ablation[], stack: AsyncDisposableStack): Promise<Front[]> {
  const backing = await startBacking(stack)
  const { front, subgraphs } = await startPlatform(backing, stack)
  const fronts = [{ ...front, name: 'everything on' }]
  for (const { name, ...modules } of ablations) {
    const behind =
      modules.subgraphs === undefined
        ? subgraphs
        : await startSubgraphs(backing, stack, undefined, preload(modules.subgraphs))
    fronts.push(await startRouter(name, behind, backing, stack, preload(modules.router)))
  }
  return fronts
}
