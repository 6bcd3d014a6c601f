import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeServices } from '@apollo/composition'
import { freePort } from '@karcis/infra/setup'
import { parse } from 'graphql'
import { type Ablation, preload } from '../ablate/ablations.ts'
import { SUBGRAPHS, SUBGRAPH_NAMES } from './catalogue.ts'
import { type Child, startChild } from './child.ts'
import { peer } from './peers.ts'

/** The servers that contenders stand in front of, and the supergraph that says so. */
export interface World {
  supergraphFile: string
  subgraphs: Child
}

/** How one contender is started on a port. */
export interface Contender {
  key: string
  name: string
  args(world: World, port: number): string[]
  env?: Record<string, string>
}

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])\n'
const HIVE_BIN = 'node_modules/@graphql-hive/gateway/dist/bin.js'

const fileHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const OURS: Contender = {
  key: 'ours',
  name: 'Karcis router',
  args: ({ supergraphFile }, port) => [
    fileHere('../../router/src/main.ts'),
    '--supergraph',
    supergraphFile,
    '--port',
    String(port),
  ],
  // Nobody balances, and a profile is written at the end.
  env: { LOG_LEVEL: 'error', DRAIN_SECONDS: '0' },
}

/** Our router with something switched off. */
export const ablated = ({ key, name, router }: Ablation): Contender => ({
  ...OURS,
  key,
  name,
  args: (world, port) => [...preload(router), ...OURS.args(world, port)],
})

const hive = (key: string, name: string, ...flags: string[]): Contender => ({
  key,
  name,
  args: ({ supergraphFile }, port) => [
    peer(HIVE_BIN),
    'supergraph',
    supergraphFile,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--config-path',
    peer('hive.config.mjs'),
    ...flags,
  ],
})

export const HIVE = hive('hive', 'Hive Gateway (JS)')
export const HIVE_RUST = hive('hive-rust', 'Hive Gateway (Rust planner)', '--hive-router-runtime')

export const APOLLO: Contender = {
  key: 'apollo',
  name: 'Apollo Server + @apollo/gateway',
  args: ({ supergraphFile }, port) => [peer('apollo.mjs'), supergraphFile, String(port)],
  env: { APOLLO_TELEMETRY_DISABLED: 'true' },
}

export const bareHttp = (pages: number): Contender => ({
  key: 'bare',
  name: 'bare node:http, same bytes',
  args: (_, port) => [fileHere('bare-http.ts'), String(port), String(pages)],
})

const overUpstream = (key: string, name: string, script: string): Contender => ({
  key,
  name,
  args: ({ subgraphs }, port) => [peer(script), String(port), String(subgraphs.port)],
})

export const ONE_EACH = overUpstream('one-each', 'one execution per client (graphql-ws)', 'one-each.mjs')
export const BARE_WS = overUpstream('bare', 'bare ws.send loop, same bytes', 'bare-ws.mjs')

/** Starts the subgraphs and composes them. @param flags of Node, for the subgraphs. */
export async function startWorld(directory: string, flags: string[] = []): Promise<World> {
  const ports = await Promise.all(SUBGRAPH_NAMES.map(freePort))
  const { supergraphSdl, errors } = composeServices(
    SUBGRAPH_NAMES.map((name, index) => ({
      name,
      url: `http://127.0.0.1:${ports[index]}/graphql`,
      typeDefs: parse(LINK + SUBGRAPHS[name]),
    })),
  )
  if (!supergraphSdl) throw new AggregateError(errors ?? [], 'the subgraphs of the bench do not compose')
  const supergraphFile = join(directory, 'supergraph.graphql')
  writeFileSync(supergraphFile, supergraphSdl)
  const [first = 0] = ports
  const subgraphs = await startChild(first, [...flags, peer('subgraphs.mjs'), ...ports.map(String)])
  return { supergraphFile, subgraphs }
}

/** A contender that runs. */
export interface Running {
  contender: Contender
  child: Child
}

/** Starts those that can be started; what keeps one from it is said, and the others go on. @param profileInto a directory. */
export async function startContenders(
  contenders: Contender[],
  world: World,
  stack: AsyncDisposableStack,
  profileInto?: string,
): Promise<Running[]> {
  const running: Running[] = []
  for (const contender of contenders) {
    const port = await freePort()
    try {
      const profiled = profileInto !== undefined && contender === OURS
      const flags = profiled ? ['--cpu-prof', `--cpu-prof-dir=${profileInto}`] : []
      const args = [...flags, ...contender.args(world, port)]
      const child = stack.use(await startChild(port, args, contender.env))
      running.push({ contender, child })
    } catch (error) {
      console.log(`✗ ${contender.name} is left out: ${(error as Error).message}`)
    }
  }
  return running
}
