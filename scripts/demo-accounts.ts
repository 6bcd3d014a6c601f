import { createECDH, randomBytes } from 'node:crypto'

// A script knows the shape of what it asks for; naming each shape twice would say nothing more.
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Answer = any

/** Calls the public API of a running platform. The result runs one operation and fails with what the API said. */
export function createApi(routerUrl: string) {
  return async (query: string, variables: Record<string, unknown> = {}, token?: string): Promise<Answer> => {
    const response = await fetch(`${routerUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data?: Answer; errors?: { message: string }[] }
    if (errors) throw new Error(`${errors.map((error) => error.message).join('; ')} (${query})`)
    return data
  }
}

export type Run = ReturnType<typeof createApi>

const PASSWORD = 'karcis-demo-1'

/** Demo accounts. Their passwords stand in the README: development only. */
export const demoUsers = [
  { role: 'ORGANIZER', email: 'organizer@karcis.local', password: PASSWORD, name: 'Rara Wulandari' },
  { role: 'CUSTOMER', email: 'budi@karcis.local', password: PASSWORD, name: 'Budi Santoso' },
  { role: 'CUSTOMER', email: 'sari@karcis.local', password: PASSWORD, name: 'Sari Dewi' },
] as const

/** @returns an access token. */
export async function signIn(run: Run, email: string, password: string): Promise<string> {
  const { login } = await run(
    'mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) { accessToken } }',
    { email, password },
  )
  return login.accessToken
}

/** Signs a demo user up, or in. @returns an access token. */
export async function ensureUser(run: Run, user: (typeof demoUsers)[number]): Promise<string> {
  const { email, password, name } = user
  try {
    const { createUser } = await run(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken } }',
      {
        input: { email, password, name },
      },
    )
    return createUser.accessToken
  } catch {
    return signIn(run, email, password) // there already; if it was another failure, this one tells
  }
}

/** A browser that is told what its person is, where pushes are caught: it is no real one, and what is caught is seen at /outbox. */
export async function ensureBrowser(run: Run, token: string): Promise<void> {
  const { pushPublicKey, pushSubscriptions } = await run(
    '{ pushPublicKey pushSubscriptions(first: 1) { totalCount } }',
    {},
    token,
  )
  if (pushPublicKey === null || pushSubscriptions.totalCount > 0) return
  const input = {
    endpoint: `https://push.karcis.example/${randomBytes(12).toString('hex')}`,
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
    userAgent: 'Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
  }
  await run(
    'mutation ($input: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $input) { id } }',
    { input },
    token,
  )
}

/** Makes somebody an organizer, by the way of a proposal. @returns an access token with that role. */
export async function ensureOrganizer(run: Run, token: string, adminToken: string): Promise<string> {
  const { me, myOrganizerProposals } = await run(
    '{ me { role } myOrganizerProposals(first: 1) { edges { node { id status } } } }',
    {},
    token,
  )
  if (me.role !== 'CUSTOMER') return token
  let [proposal] = myOrganizerProposals.edges.map((edge: { node: { id: string } }) => edge.node)
  if (!proposal) {
    const input = {
      name: 'Rara Presents',
      category: 'Film and music',
      description: 'We bring films, concerts and talks to cities all over the country.',
      location: 'Jakarta, Indonesia',
    }
    const { submitOrganizerProposal } = await run(
      'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id } }',
      { input },
      token,
    )
    proposal = submitOrganizerProposal
  }
  await run(
    `mutation ($id: ID!) {
      reviewOrganizerProposal(id: $id, input: { decision: APPROVED, message: "Welcome." }) { status }
    }`,
    { id: proposal.id },
    adminToken,
  )
  return signIn(run, demoUsers[0].email, demoUsers[0].password)
}
