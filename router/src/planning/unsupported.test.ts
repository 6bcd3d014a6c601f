import { expect, it } from 'vitest'
import { compose } from '../testing/compose.ts'
import { buildSupergraph } from './supergraph.ts'

const LINK = (...names: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ${JSON.stringify(['@key', ...names])})\n`

const build = (schemas: Record<string, string>) =>
  buildSupergraph(compose(schemas), (name) => `http://${name}.invalid`)

it('refuses an override by label, and names the field', () => {
  const schemas = (override: string) => ({
    old: `${LINK()} type Query { a: A } type A @key(fields: "id") { id: ID! name: String }`,
    new: `${LINK('@override')} type A @key(fields: "id") { id: ID! name: String @override(${override}) }`,
  })
  expect(() => build(schemas('from: "old", label: "percent(100)"'))).toThrow(
    /^A\.name is overridden for a label \("percent\(100\)"\)/,
  )
  expect(() => build(schemas('from: "old"'))).not.toThrow()
})

it('refuses what takes an argument from a context', () => {
  const schemas = (argument: string) => ({
    one: `${LINK('@context', '@fromContext')} type Query { a: A }
      type A @key(fields: "id") @context(name: "around") { id: ID! name: String b: B }
      type B @key(fields: "id") { id: ID! greeting(name: String ${argument}): String }`,
    two: `${LINK()} type B @key(fields: "id") { id: ID! size: Int }`,
  })
  expect(() => build(schemas('@fromContext(field: "$around { name }")'))).toThrow(
    'This router does not know @context and @fromContext',
  )
})
