import { readFileSync } from 'node:fs'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import {
  CONTACTS,
  EVENT_QUESTIONS,
  EVENT_TICKET_COUNT,
  EVENT_TICKET_OWNERS,
  EVENT_TICKETS,
} from '../src/contracts/attendees.ts'
import {
  BIND_HOLD,
  BOOKING_QUOTE,
  CHARGEABLE_CURRENCIES,
  TAKE_FOR_BOOKING,
  WALLETS_FOR_ERASURE,
} from '../src/contracts/bound-hold.ts'
import { CALENDAR_EVENTS } from '../src/contracts/calendar-event.ts'
import { CHANNELS } from '../src/contracts/channels.ts'
import { EVENT_FOR_SALE } from '../src/contracts/event-for-sale.ts'
import { EVENT_PLACE } from '../src/contracts/event-place.ts'
import { NAMES } from '../src/contracts/names.ts'
import { PAST_BUYERS } from '../src/contracts/past-buyers.ts'
import type { SubgraphName } from '../src/contracts/subgraphs.ts'
import { TICKET_PRICE } from '../src/contracts/ticket-price.ts'
import { ERASURE_LOSS, EVENT_VISIBLE, EVENTS_TO_COME, VISIBLE_EVENTS } from '../src/contracts/user-asks.ts'

const schemaOf = (name: SubgraphName) =>
  buildSubgraphSchema(
    parse(readFileSync(new URL(`../../../schema/${name}.graphql`, import.meta.url), 'utf8')),
  )

it.each([
  ['event', 'EVENT_FOR_SALE', EVENT_FOR_SALE],
  ['event', 'EVENT_PLACE', EVENT_PLACE],
  ['event', 'CALENDAR_EVENTS', CALENDAR_EVENTS],
  ['event', 'EVENT_VISIBLE', EVENT_VISIBLE],
  ['event', 'VISIBLE_EVENTS', VISIBLE_EVENTS],
  ['event', 'EVENTS_TO_COME', EVENTS_TO_COME],
  ['ticket', 'ERASURE_LOSS', ERASURE_LOSS],
  ['ticket', 'BIND_HOLD', BIND_HOLD],
  ['ticket', 'TAKE_FOR_BOOKING', TAKE_FOR_BOOKING],
  ['ticket', 'BOOKING_QUOTE', BOOKING_QUOTE],
  ['user', 'NAMES', NAMES],
  ['ticket', 'EVENT_TICKETS', EVENT_TICKETS],
  ['ticket', 'EVENT_TICKET_COUNT', EVENT_TICKET_COUNT],
  ['ticket', 'EVENT_TICKET_OWNERS', EVENT_TICKET_OWNERS],
  ['ticket', 'EVENT_QUESTIONS', EVENT_QUESTIONS],
  ['user', 'CONTACTS', CONTACTS],
  ['booking', 'TICKET_PRICE', TICKET_PRICE],
  ['booking', 'PAST_BUYERS', PAST_BUYERS],
  ['booking', 'CHARGEABLE_CURRENCIES', CHARGEABLE_CURRENCIES],
  ['booking', 'WALLETS_FOR_ERASURE', WALLETS_FOR_ERASURE],
] as const)('the %s subgraph has what %s asks for', (name, _, document) => {
  expect(validate(schemaOf(name), parse(document))).toEqual([])
})

it('keeps the channels of the bus apart', () => {
  const names = Object.values(CHANNELS).map((channel) => channel('x'))
  expect(new Set(names).size).toBe(names.length)
})
