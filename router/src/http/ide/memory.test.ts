import { describe, expect, it } from 'vitest'
import { createIdeMemory } from './memory.ts'

/** The editors of the tab that is shown, as Monaco has them. */
function openTab(variables: string, headers = '') {
  const model = (path: string, text: string) => {
    let value = text
    return {
      uri: { path },
      getValue: () => value,
      setValue(next: string) {
        value = next
      },
    }
  }
  const ofVariables = model('/1-variables.json', variables)
  const ofHeaders = model('/1-request-headers.json', headers)
  return {
    models: [ofVariables, ofHeaders, model('/1-response.json', '')],
    variables: () => JSON.parse(ofVariables.getValue() || '{}'),
    headers: () => JSON.parse(ofHeaders.getValue() || '{}'),
  }
}

/** A token that ends at this time. */
const token = (exp: number, name = 'a') =>
  `${name}.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.signature`

const LATER = 4_000_000_000

describe('users missed: the IDE', () => {
  // As the browser gets it: a text, without this file.
  const create = (models: () => ReturnType<typeof openTab>['models']): ReturnType<typeof createIdeMemory> =>
    // oxlint-disable-next-line no-implied-eval
    new Function(`return ${createIdeMemory.toString()}`)()(models)

  it('fills the headers of all tabs once somebody has signed in, and again when somebody else has', () => {
    let tab = openTab('')
    const memory = create(() => tab.models)
    memory.learn({ data: { login: { accessToken: token(LATER) } } })
    expect(tab.headers()).toEqual({ Authorization: `Bearer ${token(LATER)}` })
    const first = tab
    tab = openTab('', '{ "x-other": "1" }')
    memory.fill()
    expect(tab.headers()).toEqual({ 'x-other': '1', Authorization: `Bearer ${token(LATER)}` })
    memory.learn({ data: { createUser: { accessToken: token(LATER, 'b') } } })
    tab = first
    memory.fill()
    expect(tab.headers()).toEqual({ Authorization: `Bearer ${token(LATER, 'b')}` })
  })

  it.each([
    ['keeps what somebody has put there', token(LATER, 'mine'), token(LATER, 'mine')],
    ['replaces what has ended', token(1, 'old'), token(LATER)],
  ])('%s', (_, given, expected) => {
    const tab = openTab('', `{ "authorization": "Bearer ${given}" }`)
    create(() => tab.models).learn({ data: { login: { accessToken: token(LATER) } } })
    expect(tab.headers()).toEqual({ authorization: `Bearer ${expected}` })
  })

  it('leaves alone what somebody is writing', () => {
    const tab = openTab('{ "ticketTypeId": ', '{ "x')
    const data = { login: { accessToken: token(LATER) }, ticketType: { id: '1' } }
    create(() => tab.models).learn({ data })
    expect(tab.models.map((model) => model.getValue())).toEqual(['{ "ticketTypeId": ', '{ "x', ''])
  })

  it('fills empty variables with the ids of what was found or made', () => {
    const tab = openTab('{ "ticketTypeId": "", "bookingId": "", "eventId": "given", "other": "" }')
    const memory = create(() => tab.models)
    const ticketTypes = [
      { id: 'gone', saleStatus: 'SOLD_OUT' },
      { id: 't2', saleStatus: 'ON_SALE' },
      { id: 't3', saleStatus: 'ON_SALE' },
    ]
    memory.learn({ data: { events: { edges: [{ node: { id: 'e1', ticketTypes } }] } } })
    memory.learn({ data: { booking: { id: 'b1' } } })
    expect(tab.variables()).toEqual({ ticketTypeId: 't2', bookingId: 'b1', eventId: 'given', other: '' })
  })

  it('learns nothing from an answer that is none', () => {
    const tab = openTab('')
    const memory = create(() => tab.models)
    for (const answer of [null, 'text', { errors: [] }, { data: null }]) memory.learn(answer)
    expect(tab.headers()).toEqual({})
  })
})
