import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FAULT_POINTS } from '@karcis/kit/fault-points'
import { describe, expect, it } from 'vitest'
import { canSearch, guardsOfModel, pointsOfModel, search } from './model.ts'
import { ROOT } from './paths.ts'

/** What is said of a test that there is no tool for. */
const UNLESS = canSearch() ? '' : ' (skipped: spin or gcc is not installed)'

describe('the model of a sale', () => {
  it('names the fault points of the code, all of them and no others', () => {
    expect(pointsOfModel().sort()).toEqual([...FAULT_POINTS].sort())
  })

  it('and each of them is reached in the code, in one place', () => {
    const source = ['booking', 'ticket'].flatMap((name) => {
      const directory = join(ROOT, 'subgraphs', name, 'src/domain')
      return readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(directory, file), 'utf8'))
    })
    const text = source.join('\n')
    for (const point of FAULT_POINTS)
      expect([...text.matchAll(new RegExp(`faultPoint\\('${point}'\\)`, 'g'))], point).toHaveLength(1)
  })

  it('has a test of the code for each guard that it can do without, which docs/model/README.md names', () => {
    const lines = readFileSync(join(ROOT, 'docs/model/README.md'), 'utf8').split('\n')
    const guards = guardsOfModel()
    expect(guards.length).toBeGreaterThan(5)
    for (const guard of guards) {
      const line = lines.find((one) => one.startsWith(`| ${guard} |`))
      const [, file = '', title = ''] = /`(.+\.test\.ts)`: (.+) \|$/.exec(line ?? '') ?? []
      expect(readFileSync(join(ROOT, file), 'utf8'), guard).toContain(title)
    }
  })

  it.skipIf(UNLESS)(
    `holds in its first 110 steps, and not without the condition of taking a seat${UNLESS}`,
    () => {
      const { violated, states } = search({ depth: 110 })
      expect(violated).toBeNull()
      expect(states).toBeGreaterThan(50_000)
      expect(search({ without: 'NO_CONDITION_OF_TAKING' }).violated).toContain('tickets[0]')
    },
  )
})
