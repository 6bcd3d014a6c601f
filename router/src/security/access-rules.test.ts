import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildSupergraph } from '../planning/supergraph.ts'
import { compose } from '../testing/compose.ts'
import { SCHEMAS } from '../testing/schemas.ts'
import { extractAccessRules } from './access-rules.ts'

const locate = (_: string, given: string) => given
const composed = compose(SCHEMAS)

describe('access rules of a supergraph', () => {
  it('are read from types and fields', () => {
    const { rules } = extractAccessRules(parse(composed))
    expect(rules.get('Query.me')).toEqual([{ kind: 'authenticated' }])
    expect(rules.get('User.email')).toEqual([{ kind: 'scopes', anyOf: [['admin'], ['organizer']] }])
    expect(rules.get('Query.risky')).toEqual([{ kind: 'policy' }])
    expect(rules.get('Account')).toEqual([{ kind: 'authenticated' }])
    expect(rules.get('Query.events')).toBeUndefined()
  })

  it('are read under the name they were imported by', () => {
    const renamed = composed
      .replace(/@link\(url: "https:\/\/specs.apollo.dev\/authenticated\/v0.1", for: SECURITY\)/, (link) =>
        link.replace('for:', 'as: "signedIn", for:'),
      )
      .replaceAll('@authenticated', '@signedIn')
    expect(extractAccessRules(parse(renamed)).rules.get('Query.me')).toEqual([{ kind: 'authenticated' }])
  })

  it('leave no trace in the API schema', () => {
    const { apiSchema } = buildSupergraph(composed, locate)
    const names = [
      ...Object.keys(apiSchema.getTypeMap()),
      ...apiSchema.getDirectives().map(({ name }) => name),
    ]
    expect(names.filter((name) => /authenticated|scope|policy/i.test(name))).toEqual([])
    expect(names).toContain('SeatMapChange')
  })
})

/** Each of these would be open to everybody if the router continued with what it understands. */
describe('a supergraph whose access rules cannot all be enforced is refused', () => {
  it.each<[string, (sdl: string) => string, RegExp]>([
    [
      'a version that is not known',
      (sdl) => sdl.replace('authenticated/v0.1', 'authenticated/v0.2'),
      /knows v0\.1/,
    ],
    [
      'a link that is missing',
      (sdl) => sdl.replace(/.*specs.apollo.dev\/requiresScopes.*/, ''),
      /without a @link/,
    ],
    [
      'a directive in an unknown place',
      (sdl) => sdl.replace('text: String = "hi"', 'text: String = "hi" @authenticated'),
      /cannot enforce/,
    ],
    ['an empty list of scopes', (sdl) => sdl.replace('scopes: [["admin"]]', 'scopes: []'), /does not know/],
    [
      'scopes of an unknown form',
      (sdl) => sdl.replace('scopes: [["admin"]]', 'scopes: "admin"'),
      /does not know/,
    ],
    ['an unknown argument', (sdl) => sdl.replace(/(risky.*@policy\()policies/, '$1rules'), /does not know/],
    [
      'another feature for security',
      (sdl) => sdl.replace('authenticated/v0.1', 'vault/v0.1'),
      /@authenticated without|vault/,
    ],
    ['a text that is not a supergraph', () => 'type Query { a: Int }', /./],
    ['a text that is not GraphQL', () => 'type Query {', /Syntax Error/],
  ])('%s', (_, spoil, reason) => {
    const spoiled = spoil(composed)
    expect(spoiled).not.toBe(composed)
    expect(() => buildSupergraph(spoiled, locate)).toThrow(reason)
  })

  it('and so is one that names a subgraph without an address', () => {
    expect(() => buildSupergraph(composed, (name, given) => (name === 'ticket' ? null : given))).toThrow(
      /ticket/,
    )
  })
})
