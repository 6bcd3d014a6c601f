import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLog } from '@karcis/kit/log'
import { describe, expect, it } from 'vitest'
import { compiledOperation } from '../execution/compiled-operation.ts'
import { readyOperation } from '../execution/operation.ts'
import { createDocuments } from './documents.ts'
import { validDocument } from './known-operation.ts'
import { buildSupergraph } from './supergraph.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

const SCHEMA = readFileSync(new URL('../../../schema/supergraph.graphql', import.meta.url), 'utf8')
const FIELDS = (n: number, count: number) =>
  Array.from({ length: count }, (_, i) => `a${n}x${i}: ticketType(id: "${i}") { id name }`).join(' ')

const CONDITIONS = ['a', 'b', 'c', 'd', 'e', 'f']
/** For two roles, as many as are kept. */
const COMBINATIONS = 8

describe('line 22: documents that are kept', () => {
  it.each([
    ['short ones', 600, (n: number) => `query Q { ticketType(id: "${n}") { id } }`],
    ['long ones', 40, (n: number) => `query Q { ${FIELDS(n, 90)} }`],
    [
      'those with comments',
      600,
      (n: number) => `query Q { ticketType(id: "${n}") { id } } ${'# comment '.repeat(100)}`,
    ],
    [
      'those with many operations',
      40,
      (n: number) =>
        `query Q { ${FIELDS(n, 5)} } ${Array.from({ length: 60 }, (_, i) => `query Q${i} { categories { id name slug } }`).join(' ')}`,
    ],
    [
      'those with conditions',
      20,
      (n: number) =>
        `query Q(${CONDITIONS.map((name) => `$${name}: Boolean = true`).join()}) { ${CONDITIONS.map((name) => `c${name}: ticketType(id: "${n}") @include(if: $${name}) { id name kind }`).join(' ')} }`,
    ],
  ])('take no more than they may, in bytes of the heap: %s', (_, count, make) => {
    const supergraph = {
      ...buildSupergraph(SCHEMA, (__, given) => given),
      documents: createDocuments(20_000_000),
    }
    const log = createLog('test', 'silent')
    const run = (n: number): void => {
      const document = validDocument(supergraph, make(n))
      for (const role of [null, 'CUSTOMER'] as const) {
        const viewer = role && { id: 'u1', role, sessionId: 's1' }
        for (let mask = 0; mask < COMBINATIONS; mask++) {
          const given = CONDITIONS.map((name, bit) => [name, (mask & (2 ** bit)) > 0] as const)
          const variables = Object.fromEntries(given)
          const request = {
            supergraph,
            document,
            operationName: 'Q',
            variables,
            viewer,
            requestId: 'r1',
            log,
          }
          compiledOperation(readyOperation(request))
        }
      }
    }
    run(9_999)
    const before = heap()
    for (let n = 0; n < count; n++) run(n)
    expect(supergraph.documents.size).toBeLessThan(count) // some had to go
    expect(heap() - before).toBeLessThan(20_000_000)
  })
})
