import { readFile } from 'node:fs/promises'
import { buildClientSchema, getIntrospectionQuery, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { startKarcis } from './karcis.ts'

const README = new URL('../../README.md', import.meta.url)

it('shows in the README only operations that the API has', async () => {
  await using karcis = await startKarcis()
  const schema = buildClientSchema(await karcis.run(getIntrospectionQuery()))
  const blocks = [...(await readFile(README, 'utf8')).matchAll(/```graphql\n([^]*?)```/g)].map((match) =>
    String(match[1]),
  )
  expect(blocks.length).toBeGreaterThan(10)
  for (const block of blocks) expect(validate(schema, parse(block)), block).toEqual([])
})

it('keeps from clients what is internal', async () => {
  await using karcis = await startKarcis()
  const schema = buildClientSchema(await karcis.run(getIntrospectionQuery()))
  const internal = [
    'bindHold',
    'takeForBooking',
    'issueTickets',
    'releaseBooking',
    'cancelTickets',
    'updateTicketSold',
  ]
  for (const name of internal) expect(schema.getMutationType()?.getFields()[name], name).toBeUndefined()
  for (const name of ['eventForSale', 'userByEmail', '_entities', '_service']) {
    expect(schema.getQueryType()?.getFields()[name], name).toBeUndefined()
  }
})
