import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeServices } from '@apollo/composition'
import { freePort } from '@karcis/infra/setup'
import { parse } from 'graphql'
import { type Ablation, preload } from '../ablate/ablations.ts'
import { SUBGRAPHS, SUBGRAPH_NAMES, type Workload } from './catalogue.ts'
import { type Child, type Command, node, startChild, startCommand } from './child.ts'
import { peer } from './peers.ts'

/** The servers that contenders stand in front of, and the supergraph that says so. */
export interface World {
  /** For files that a contender needs. */
  directory: string
  supergraphFile: string
  /** In the order of their names; `subgraphs` is the process of all. */
  ports: number[]
  subgraphs: Child
}

/** How one contender is started on a port. */
export interface Contender {
  key: string
  name: string
  /** What starts it; files that it needs are written. */
  command(world: World, port: number): Command
  env?: Record<string, string>
  /** Those that it can answer; all unless it says so. */
  workloads?: Workload[]
  /** Where it takes WebSockets, if not at /graphql. */
  socketPath?: string
}

/** What makes a schema one of a subgraph. */
export const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])\n'
const HIVE_BIN = 'node_modules/@graphql-hive/gateway/dist/bin.js'

const fileHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const OURS: Contender = {
  key: 'ours',
  name: 'Karcis router',
  command: ({ supergraphFile }, port) =>
    node(fileHere('../../router/src/main.ts'), '--supergraph', supergraphFile, '--port', String(port)),
  // Nobody balances, and a profile is written at the end.
  env: { LOG_LEVEL: 'error', DRAIN_SECONDS: '0' },
}

const withFlags = ([program, ...args]: Command, flags: string[]): Command => [program, ...flags, ...args]

/** Our router with something switched off. */
export const ablated = ({ key, name, router }: Ablation): Contender => ({
  ...OURS,
  key,
  name,
  command: (world, port) => withFlags(OURS.command(world, port), preload(router)),
})

const hive = (key: string, name: string, ...flags: string[]): Contender => ({
  key,
  name,
  command: ({ supergraphFile }, port) =>
    node(
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
    ),
})

export const HIVE = hive('hive', 'Hive Gateway (JS)')
export const HIVE_RUST = hive('hive-rust', 'Hive Gateway (Rust planner)', '--hive-router-runtime')

export const APOLLO: Contender = {
  key: 'apollo',
  name: 'Apollo Server + @apollo/gateway',
  command: ({ supergraphFile }, port) => node(peer('apollo.mjs'), supergraphFile, String(port)),
  env: { APOLLO_TELEMETRY_DISABLED: 'true' },
}

export const bareHttp = (pages: number): Contender => ({
  key: 'bare',
  name: 'bare node:http, same bytes',
  command: (_, port) => node(fileHere('bare-http.ts'), String(port), String(pages)),
})

const overUpstream = (key: string, name: string, script: string): Contender => ({
  key,
  name,
  command: ({ subgraphs }, port) => node(peer(script), String(port), String(subgraphs.port)),
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
  return { directory, supergraphFile, ports, subgraphs }
}

/** A contender that runs. */
export interface Running {
  contender: Contender
  child: Child
}

/** How contenders are started. */
export interface StartOptions {
  /** A directory into which our router writes a CPU profile. */
  profileInto?: string | undefined
  /** The core that each has, alone; the load and the subgraphs are elsewhere. */
  core?: number | undefined
}

/** Starts those that can be started; what keeps one from it is said, and the others go on. */
export async function startContenders(
  contenders: Contender[],
  world: World,
  stack: AsyncDisposableStack,
  options: StartOptions = {},
): Promise<Running[]> {
  const running: Running[] = []
  for (const contender of contenders) {
    try {
      const child = stack.use(await startContender(contender, world, await freePort(), options))
      running.push({ contender, child })
    } catch (error) {
      console.log(`✗ ${contender.name} is left out: ${(error as Error).message}`)
    }
  }
  return running
}

/** Starts one of them. @throws Error where it does not start. */
export function startContender(
  contender: Contender,
  world: World,
  port: number,
  { profileInto, core }: StartOptions,
): Promise<Child> {
  const profiled = profileInto !== undefined && contender === OURS
  const flags = profiled ? ['--cpu-prof', `--cpu-prof-dir=${profileInto}`] : []
  const command = withFlags(contender.command(world, port), flags)
  const pinned: Command = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  return startCommand(port, pinned, contender.env)
}
