import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import { GraphQLError, parse } from 'graphql'
import { sdlFile, SUPERGRAPH } from './paths.ts'
import { ruleViolations } from './schema-rules.ts'

const FIRST_PORT = 4001

/** The address that a subgraph has in the composed schema; the router's settings override it. */
const routingUrl = (name: SubgraphName): string =>
  `http://127.0.0.1:${FIRST_PORT + SUBGRAPHS.indexOf(name)}/graphql`

/** Either the supergraph, or why there is none. */
export type Composition =
  | { readonly sdl: string; readonly problems: [] }
  | { readonly problems: readonly string[] }

/** Composes the SDL files that exist, and holds them to our own rules. */
export function composeSupergraph(): Composition {
  const sources = SUBGRAPHS.filter((name) => existsSync(sdlFile(name))).map((name) => ({
    name,
    text: readFileSync(sdlFile(name), 'utf8'),
  }))
  const problems: string[] = []
  const parsed = sources.flatMap(({ name, text }) => {
    try {
      return [{ name, url: routingUrl(name), document: parse(text), typeDefs: parse(text) }]
    } catch (error) {
      problems.push(`schema/${name}.graphql: ${describe(error)}`)
      return []
    }
  })
  if (problems.length > 0) return { problems }
  const { supergraphSdl, errors = [] } = composeServices(parsed)
  const failures = [...errors.map((error) => describe(error)), ...ruleViolations(parsed)]
  if (failures.length > 0 || supergraphSdl === undefined) return { problems: failures }
  return { sdl: `${supergraphSdl.trimEnd()}\n`, problems: [] }
}

function describe(error: unknown): string {
  if (!(error instanceof GraphQLError)) return String(error)
  const places = (error.locations ?? []).map(({ line, column }) => `${line}:${column}`).join(', ')
  const code = typeof error.extensions.code === 'string' ? `${error.extensions.code}: ` : ''
  return `${code}${error.message}${places ? ` (at ${places})` : ''}`
}

/** Writes schema/supergraph.graphql, or with `--check` only says whether the committed one is current. */
function main(check: boolean): void {
  if (!SUBGRAPHS.some((name) => existsSync(sdlFile(name)))) return
  const composed = composeSupergraph()
  if (!('sdl' in composed)) {
    console.error(composed.problems.map((problem) => `✗ ${problem}`).join('\n'))
    process.exitCode = 1
    return
  }
  const committed = existsSync(SUPERGRAPH) ? readFileSync(SUPERGRAPH, 'utf8') : ''
  if (committed === composed.sdl) return
  if (check) {
    console.error('✗ schema/supergraph.graphql is not what the subgraphs compose to: run `npm run compose`.')
    process.exitCode = 1
    return
  }
  writeFileSync(SUPERGRAPH, composed.sdl)
  console.log('composed schema/supergraph.graphql')
}

if (import.meta.main) main(process.argv.includes('--check'))
