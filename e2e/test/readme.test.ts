import { readFile } from 'node:fs/promises'
import { eventually } from '@karcis/testkit/eventually'
import type { TestSubscription } from '@karcis/testkit/ws-client'
import { buildClientSchema, getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { seed } from '../../scripts/seed.ts'
import { type Karcis, startKarcis } from './karcis.ts'

const README = await readFile(new URL('../../README.md', import.meta.url), 'utf8')

/** An operation that the README shows. */
interface Step {
  text: string
  name: string
  kind: string
  variables: string[]
  /** Who is to run it, by the `# as` of its first line; undefined where anybody may. */
  person: string | undefined
}

const STEPS = [...README.matchAll(/```graphql\n([^]*?)```/g)].map(([, text = '']): Step => {
  const operation = getOperationAST(parse(text))
  if (!operation) throw new Error(`This is not one operation:\n${text}`)
  return {
    text,
    name: operation.name?.value ?? '',
    kind: operation.operation,
    variables: (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value),
    person: /^# as (\w+)$/m.exec(text)?.[1]?.toLowerCase(),
  }
})

/** The demo accounts of the README, by the first part of their address. */
const ACCOUNTS = new Map(
  [...README.matchAll(/^\| [A-Z]+ \| ((\w+)@\S+) \| (\S+) \|$/gm)].map(
    ([, email = '', name = '', password = '']) => [name, { email, password }] as const,
  ),
)

it('leads whoever follows the README from a sign-up to tickets, while somebody watches the seats go', async () => {
  const admin = ACCOUNTS.get('admin')
  if (!admin) throw new Error('The README has no account for the admin.')
  await using karcis = await startKarcis({ ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password })
  await seed(karcis.url, () => undefined, admin)
  await using socket = karcis.connect()

  const known: Record<string, unknown> = {}
  const tokens = await logInAll(karcis)
  const watched = new Map<string, TestSubscription<Record<string, never>>>()
  const follow = async ({ text, name, kind, variables, person }: Step) => {
    const values = Object.fromEntries(variables.map((variable) => [variable, known[variable]]))
    if (kind === 'subscription') return void watched.set(name, socket.subscribe(text, values))
    const answer = await karcis.run(text, values, person && tokens.get(person))
    for (const [field, value] of Object.entries<{ id?: string }>(answer)) known[field] = value.id
    if (answer.createUser) tokens.set('dewi', answer.createUser.accessToken)
    if (answer.createSeatMap) {
      known.revision = answer.createSeatMap.revision
      known.seats = answer.createSeatMap.seats.slice(0, 2).map((seat: { id: string }) => seat.id)
    }
    return answer
  }
  const answers = new Map<string, Awaited<ReturnType<typeof follow>>>()
  for (const step of STEPS) if (step.name !== 'LogIn') answers.set(step.name, await follow(step))

  expect(answers.get('Pay')?.confirmPayment).toMatchObject({ status: 'PAID', tickets: [{}, {}] })
  expect(answers.get('Mine')?.me).toMatchObject({ balance: 500_000, tickets: { edges: [{}, {}] } })
  const sold = await watched.get('Watch')?.waitFor(({ data }) => JSON.stringify(data).includes('SOLD'))
  expect(sold?.errors).toBeUndefined()
  // Stock has no revision: whoever began to watch after the first sale hears of the next one.
  await eventually(async () => {
    for (const step of STEPS) if (step.name === 'Three') await follow(step)
    expect((await watched.get('Stock')?.next(5_000))?.errors).toBeUndefined()
  })
})

it('shows in the README only operations that the API has', async () => {
  await using karcis = await startKarcis()
  const schema = buildClientSchema(await karcis.run(getIntrospectionQuery()))
  expect(STEPS.length).toBeGreaterThan(10)
  for (const { text } of STEPS) expect(validate(schema, parse(text)), text).toEqual([])
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
    'cancelTicketsOf',
    'updateTicketSold',
  ]
  for (const name of internal) expect(schema.getMutationType()?.getFields()[name], name).toBeUndefined()
  for (const name of ['eventForSale', 'userByEmail', '_entities', '_service']) {
    expect(schema.getQueryType()?.getFields()[name], name).toBeUndefined()
  }
})

/** Logs everybody in who has an account in the README, by the operation that it shows. @returns access tokens by name. */
async function logInAll(karcis: Karcis): Promise<Map<string, string>> {
  const step = STEPS.find(({ name }) => name === 'LogIn')
  const tokens = new Map<string, string>()
  for (const [name, account] of ACCOUNTS) {
    const { login } = await karcis.run(step?.text ?? '', account)
    tokens.set(name, login.accessToken)
  }
  return tokens
}
