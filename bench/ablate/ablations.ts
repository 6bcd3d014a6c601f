/** Something that is switched off, or replaced by something else, in processes that are compared with untouched ones. */
export interface Ablation {
  key: string
  name: string
  /** Module of this folder that the router loads first. */
  router?: string
  /** Module of this folder that the subgraphs load first: they are then others than those of the untouched router. */
  subgraphs?: string
}

/** Of a router in front of subgraphs of any make. */
export const ROUTER_ABLATIONS: Ablation[] = [
  { key: 'control', name: 'everything on, once more' }, // whose ratio shows what the others' may owe to chance
  { key: 'shared-executions', name: 'without shared executions', router: 'shared-executions.ts' },
  { key: 'shared-fetches', name: 'without shared fetches', router: 'shared-fetches.ts' },
  { key: 'pipelining', name: 'without pipelining (undici pool)', router: 'pipelining.ts' },
  { key: 'undici-pipelining', name: 'pipelining by undici', router: 'undici-pipelining.ts' },
  { key: 'http2', name: 'HTTP/2 by undici', router: 'http2.ts', subgraphs: 'http2-server.ts' },
]

/** Of the whole platform. */
export const PLATFORM_ABLATIONS: Ablation[] = [
  ...ROUTER_ABLATIONS,
  { key: 'query-batching', name: 'without query batching', router: 'query-batching.ts' },
  { key: 'batch-loader', name: 'without batched reads', subgraphs: 'batch-loader.ts' },
  { key: 'read-connections', name: 'without read connections', subgraphs: 'read-connections.ts' },
]

/** Arguments of Node by which a process loads a module of this folder before its own; none for no module. */
export const preload = (module: string | undefined): string[] =>
  module === undefined ? [] : [`--import=${new URL(module, import.meta.url).href}`]

/** Those with one of these keys; all where no keys are given. */
export const chosen = (ablations: Ablation[], keys: string[] | undefined): Ablation[] =>
  ablations.filter(({ key }) => !keys || keys.includes(key))
