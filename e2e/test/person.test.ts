import { eventually } from '@karcis/testkit/eventually'
import { TOTP } from 'otpauth'
import { expect, it } from 'vitest'
import { arena, createBooking, PASSWORD, pay, type Person, signInAdmin, signUpOrganizer } from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

/** A mail as whoever opens `/outbox` in a browser has it: its subject, its text, and where its links lead. */
interface ReadMail {
  subject: string
  page: string
  html: string
  /** Of the link in it that works once. */
  token: string | undefined
}

const unescaped = (html: string) =>
  html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** Opens the newest mail to an address whose subject begins so. */
function openMail(karcis: Karcis, to: string, subject: string): Promise<ReadMail> {
  const get = async (path: string) => (await fetch(karcis.url + path)).text()
  return eventually(async () => {
    const list = await get(`/outbox?channel=EMAIL&to=${encodeURIComponent(to)}`)
    for (const [, path = ''] of list.matchAll(/href="(\/outbox\/[^"?]+)"/g)) {
      const page = await get(path)
      const title = unescaped(/<h1[^>]*>([^<]*)</.exec(page)?.[1] ?? '')
      if (!title.startsWith(subject)) continue
      const html = unescaped(await get(`${path}?part=html`))
      return { subject: title, page, html, token: /#token=([\w-]+)/.exec(html)?.[1] }
    }
    throw new Error(`${to} has no mail "${subject}"`)
  })
}

it('somebody’s whole life with Karcis, as they live it: by mails that they read, in their language', async () => {
  await using karcis = await startKarcis({ NODE_ENV: 'development' })
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { standing } = await arena(karcis, admin, organizer)

  const email = `wulan.${crypto.randomUUID().slice(0, 8)}@karcis.test`
  const newEmail = email.replace('wulan', 'wulan.baru')
  const { createUser } = await karcis.run(
    `mutation ($input: CreateUserInput!) { createUser(input: $input) { accessToken refreshToken user { id } } }`,
    { input: { email, password: PASSWORD, name: 'Wulan', language: 'ID' } },
  )
  const wulan: Person = {
    id: createUser.user.id,
    token: createUser.accessToken,
    refreshToken: createUser.refreshToken,
    email,
  }
  const codeOf = async (query: string, variables = {}, token?: string) =>
    (await karcis.attempt(query, variables, token)).errors?.[0]?.extensions?.code
  const use = (field: string, token: string | undefined) =>
    karcis.run(`mutation ($token: String!) { ${field}(token: $token) { email emailVerified } }`, { token })

  const welcome = await openMail(karcis, email, 'Selamat datang di Karcis')
  expect((await use('verifyEmail', welcome.token)).verifyEmail).toEqual({ email, emailVerified: true })

  const { createBooking: booking } = await createBooking(karcis, wulan, {
    ticketTypeId: standing,
    quantity: 2,
  })
  expect((await pay(karcis, wulan, booking.id)).confirmPayment.tickets).toHaveLength(2)
  const tickets = await openMail(karcis, email, 'Tiket Anda untuk Night')
  expect(tickets.html).toContain('Terima kasih')
  expect(tickets.page.match(/ticket-[\w-]+\.pdf/g)?.length).toBeGreaterThanOrEqual(2)
  expect(tickets.page).toMatch(/\.ics/)

  await karcis.run(
    'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { newEmail } }',
    { input: { id: wulan.id, email: newEmail, currentPassword: PASSWORD } },
    wulan.token,
  )
  await use('confirmEmailChange', (await openMail(karcis, email, 'Konfirmasi')).token)
  const confirmed = await use('confirmEmailChange', (await openMail(karcis, newEmail, 'Konfirmasi')).token)
  expect(confirmed.confirmEmailChange).toEqual({ email: newEmail, emailVerified: true })

  await karcis.run('mutation ($email: String!) { requestMagicLink(email: $email) }', { email: newEmail })
  const { loginWithMagicLink } = await karcis.run(
    'mutation ($token: String!) { loginWithMagicLink(token: $token) { accessToken user { id } } }',
    { token: (await openMail(karcis, newEmail, 'Tautan')).token },
  )
  expect(loginWithMagicLink.user.id).toBe(wulan.id)

  const token = loginWithMagicLink.accessToken
  const { enableTotp } = await karcis.run('mutation { enableTotp { secret } }', {}, token)
  const { confirmTotp } = await karcis.run(
    'mutation ($code: String!) { confirmTotp(code: $code) { recoveryCodes } }',
    { code: new TOTP({ secret: enableTotp.secret }).generate() },
    token,
  )
  const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
  const { errors } = await karcis.attempt(LOGIN, { input: { email: newEmail, password: PASSWORD } })
  expect(errors?.[0]?.extensions?.code).toBe('SECOND_FACTOR_REQUIRED')
  const [first, second] = confirmTotp.recoveryCodes
  const { verifySecondFactor } = await karcis.run(
    'mutation ($input: VerifySecondFactorInput!) { verifySecondFactor(input: $input) { accessToken } }',
    { input: { challenge: errors?.[0]?.extensions?.challenge, code: first } },
  )
  const { stepUp } = await karcis.run(
    'mutation ($input: StepUpInput!) { stepUp(input: $input) { accessToken } }',
    { input: { code: second } },
    verifySecondFactor.accessToken,
  )
  expect((await openMail(karcis, newEmail, 'Satu kode pemulihan')).html).toContain('kode pemulihan')

  await karcis.run('mutation { exportMyData { id } }', {}, stepUp.accessToken)
  await openMail(karcis, newEmail, 'Data Anda siap diunduh')
  const { myDataExport } = await karcis.run('{ myDataExport { url } }', {}, stepUp.accessToken)
  const data = (await (await fetch(karcis.url + myDataExport.url)).json()) as {
    user: { account: { email: string } }
    booking: object
  }
  expect(data.user.account.email).toBe(newEmail)
  expect(JSON.stringify(data.booking)).toContain(booking.id)

  const ERASE = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { name } }'
  const input = { password: PASSWORD, acknowledgeLoss: true }
  const { deleteUser } = await karcis.run(ERASE, { id: wulan.id, input }, stepUp.accessToken)
  expect(deleteUser.name).toBe('Deleted user')
  await eventually(async () =>
    expect(await codeOf('{ me { id } }', {}, stepUp.accessToken)).toBe('UNAUTHENTICATED'),
  )
  expect(await codeOf(LOGIN, { input: { email: newEmail, password: PASSWORD } })).toBe('INVALID_CREDENTIALS')
})
