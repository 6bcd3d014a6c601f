import { readFileSync } from 'node:fs'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { beforePayableUntil } from '../src/contracts/bound-hold.ts'
import { CHANNELS } from '../src/contracts/channels.ts'
import { EVENT_FOR_SALE } from '../src/contracts/event-for-sale.ts'
import type { SubgraphName } from '../src/contracts/subgraphs.ts'
import { ERASURE_LOSS, EVENT_VISIBLE, EVENTS_TO_COME, VISIBLE_EVENTS } from '../src/contracts/user-asks.ts'

const schemaOf = (name: SubgraphName) =>
  buildSubgraphSchema(
    parse(readFileSync(new URL(`../../../schema/${name}.graphql`, import.meta.url), 'utf8')),
  )

it.each([
  ['event', 'EVENT_FOR_SALE', EVENT_FOR_SALE],
  ['event', 'EVENT_VISIBLE', EVENT_VISIBLE],
  ['event', 'VISIBLE_EVENTS', VISIBLE_EVENTS],
  ['event', 'EVENTS_TO_COME', EVENTS_TO_COME],
  ['ticket', 'ERASURE_LOSS', ERASURE_LOSS],
  ['ticket', 'BIND_HOLD', beforePayableUntil.BIND_HOLD],
  ['ticket', 'TAKE_FOR_BOOKING', beforePayableUntil.TAKE_FOR_BOOKING],
] as const)('the %s subgraph has what %s asks for', (name, _, document) => {
  expect(validate(schemaOf(name), parse(document))).toEqual([])
})

it('keeps the channels of the bus apart', () => {
  const names = Object.values(CHANNELS).map((channel) => channel('x'))
  expect(new Set(names).size).toBe(names.length)
})
