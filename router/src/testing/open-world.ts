import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouter } from '../server.ts'
import type { RouterSettings } from '../settings.ts'
import { compose } from './compose.ts'
import { type OpenSubgraphSpec, serveOpenSubgraph } from './open-subgraph.ts'

type OpenSubgraph = Awaited<ReturnType<typeof serveOpenSubgraph>>

/** A router with nothing but a supergraph file, in front of subgraphs that are not of the platform. */
export async function createOpenWorld<Name extends string>(specs: Record<Name, OpenSubgraphSpec>) {
  await using stack = new AsyncDisposableStack()
  const subgraphs = {} as Record<Name, OpenSubgraph>
  for (const name of Object.keys(specs) as Name[])
    subgraphs[name] = stack.use(await serveOpenSubgraph(specs[name]))
  const directory = await mkdtemp(join(tmpdir(), 'karcis-router-'))
  stack.defer(() => rm(directory, { recursive: true }))
  const supergraphFile = join(directory, 'supergraph.graphql')
  const schemas = Object.fromEntries(
    Object.entries<OpenSubgraphSpec>(specs).map(([name, { sdl }]) => [name, sdl]),
  )
  await writeFile(
    supergraphFile,
    compose(schemas, (name) => subgraphs[name as Name].url),
  )
  const settings: RouterSettings = {
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    subgraphs: {},
    supergraphFile,
    allowedOrigins: [],
  }
  const router = stack.use(await createRouter(settings))
  const running = stack.move()
  return {
    url: `${router.url}/graphql`,
    router,
    settings,
    subgraphs,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
