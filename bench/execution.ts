import { executeToBuffer } from '../router/src/execution/compiled/execute.ts'
import type { FetchSubgraph } from '../router/src/execution/compiled/run.ts'
import { executeByReference } from '../router/src/testing/differential/reference.ts'
import { createResponses } from '../router/src/testing/differential/responses.ts'
import { compileIn, createWorld, parseAndPlan } from '../router/src/testing/differential/world.ts'
import { inParallel } from './rounds.ts'

/**
 * CPU time per request of the router's two executors on the same plan, against subgraphs that answer known bytes after one
 * turn of the event loop: `node bench/execution.ts 7`. Parsing those bytes is in all figures, sending them in none.
 */
const SUBGRAPHS = {
  products: `type Query { products(page: Int): [Product!]! }
    type Product @key(fields: "upc") { upc: ID! name: String price: Float inStock: Boolean! tags: [String!]! maker: User }
    type User @key(fields: "id") { id: ID! }`,
  reviews: `type Product @key(fields: "upc") { upc: ID! reviews: [Review!] }
    type Review { body: String stars: Int! author: User }
    type User @key(fields: "id") { id: ID! }`,
  users: 'type User @key(fields: "id") { id: ID! name: String age: Int verified: Boolean }',
}
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@key"])\n'
const QUERIES = {
  'one subgraph': 'query($page: Int) { products(page: $page) { upc name price inStock tags } }',
  'three subgraphs':
    'query($page: Int) { products(page: $page) { upc name price maker { name } reviews { body stars author { name verified } } } }',
}
const WORDS = [
  'An evening of chamber music',
  'Nadia',
  'Sold out within the hour, and rightly so: go if you can.',
  'Hall 3',
  'Über',
]
const CONCURRENCY = 64
const COUNT = 3_000
const PAGES = 4 // requests of one scope that differ, and share calls for entities only

const rounds = Number(process.argv[2] ?? 5)
const sdls = Object.fromEntries(Object.entries(SUBGRAPHS).map(([name, sdl]) => [name, LINK + sdl]))
const world = createWorld(sdls)

for (const [title, text] of Object.entries(QUERIES)) {
  const { document, plan } = parseAndPlan(world, text)
  const compiled = compileIn(world, plan, document)
  const fetchSubgraph = await createCanned()
  const run = (scopeKey: string | null, page: number) =>
    executeToBuffer(compiled, { variables: { page }, scopeKey, scope: null, fetchSubgraph })
  const contenders: Record<string, (index: number) => Promise<unknown>> = {
    'executeQueryPlan + JSON.stringify': async (index) => {
      const variables = { page: index % PAGES }
      const answer = await executeByReference(world, { plan, document }, variables, fetchSubgraph)
      return Buffer.from(JSON.stringify(answer))
    },
    'compiled, a scope for each': (index) => run(null, index % PAGES),
    'compiled, one scope': (index) => run('viewer', index % PAGES),
    'compiled, one scope, one page': () => run('viewer', 0),
  }
  const size = (await run(null, 0)).length
  const cpu = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const [name, operation] of Object.entries(contenders)) {
      const before = process.cpuUsage()
      await inParallel(COUNT, CONCURRENCY, operation)
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) cpu.get(name)?.push((user + system) / COUNT) // the round before the first only warms
    }
  }
  console.log(
    `\n${title}, ${size} bytes: CPU per request, median of ${rounds} interleaved rounds of ${COUNT}, ${CONCURRENCY} at a time`,
  )
  const [reference] = [...cpu.values()].map(median)
  for (const [name, all] of cpu) {
    const spread = `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)}`
    console.log(
      `  ${name.padEnd(36)} ${median(all).toFixed(1).padStart(7)} µs  (${spread})  ${((reference ?? 0) / median(all)).toFixed(1)}x`,
    )
  }
}

/** The answers of real subgraphs, each made once and then given as bytes. */
async function createCanned(): Promise<FetchSubgraph<unknown>> {
  const answers = createResponses(
    { seed: 7, nulls: 0, errors: 0, outages: 0, lies: 0, items: 10, entities: 40, strings: WORDS },
    sdls,
  )
  const known = new Map<string, Buffer>()
  return async (service, request, scope) => {
    const { query, operationName } = request
    // The reference has no ready body; to make one is its transport's work.
    const key = request.body || JSON.stringify({ query, operationName, variables: request.variables })
    const bytes = known.get(key)
    if (bytes) {
      await new Promise((resolve) => setImmediate(resolve))
      return request.body ? bytes : JSON.parse(bytes.toString())
    }
    const answer = Buffer.from(JSON.stringify(await answers(service, request, scope)))
    known.set(key, answer)
    return request.body ? answer : JSON.parse(answer.toString())
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
