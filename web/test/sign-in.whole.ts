import { startGoogle } from '@karcis/stand-ins/google'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { appCode, forgetProofs, PASSWORD, signUp } from '../../e2e/test/builders.ts'
import { byPassword, confirmAddress, enter, followMail, signOut, signUpAt } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

describeInBrowser('somebody who wants into their account', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage(async (origin, stack) => {
      const client = {
        clientId: 'karcis',
        clientSecret: 'a secret of the test',
        redirectUris: [`${origin}/sign-in/google`],
      }
      const google = stack.use(await startGoogle(client))
      return {
        NODE_ENV: 'development',
        GOOGLE_ISSUER: google.url,
        GOOGLE_CLIENT_ID: client.clientId,
        GOOGLE_CLIENT_SECRET: client.clientSecret,
        GOOGLE_REDIRECT_URIS: client.redirectUris,
      }
    })
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('signs up, confirms the address by the mail, forgets the password and chooses another', async () => {
    const email = 'ratna@karcis.test'
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await page.goto('/sign-in?next=/tickets')
    await page.getByRole('link', { name: 'Sign up' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Ratna')
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(email)
    await page.getByRole('textbox', { name: 'Password' }).fill('short')
    await page.getByRole('button', { name: 'Make my account' }).click()
    await page.getByText('Use at least 8 characters.').waitFor()
    await signUpAt(page, 'Ratna', email)
    await page.getByText('Welcome, Ratna!').waitFor()
    await page.waitForURL('/tickets') // where they were going

    await page.goto('/account')
    await page.getByText('Not confirmed').waitFor()
    await confirmAddress(visitor, email)
    await page.reload()
    await page.getByText('Confirmed', { exact: true }).waitFor()

    await signOut(page, 'Ratna')
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByRole('heading', { name: 'Look into your e-mail' }).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    const reset = await followMail(visitor, email, /Choose a new password/, 'Choose a new password')
    await reset.getByRole('textbox', { name: 'New password' }).fill('another one that nobody guesses')
    await reset.getByRole('button', { name: 'Save the password' }).click()
    await reset.getByRole('heading', { name: 'The password is saved' }).waitFor()
    await reset.getByRole('link', { name: 'Sign in' }).last().click()
    visitor.expectProblem(/401|400/)
    await byPassword(reset, email)
    await reset.getByText('That does not match').waitFor()
    await byPassword(reset, email, 'another one that nobody guesses')
    await reset.getByRole('button', { name: 'Account of Ratna' }).waitFor()
  })

  it('has a link mailed that signs them in, once', async () => {
    const { email } = await signUp(stage, 'Bima')
    await using visitor = await stage.visit({ language: 'id' })
    const { page } = visitor
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Kirim tautan masuk lewat email' }).click()
    await page.getByRole('textbox', { name: 'Alamat email' }).fill(email)
    await page.getByRole('button', { name: 'Kirim tautan' }).click()
    await page.getByText(email).waitFor()
    const signedIn = await followMail(visitor, email, /link to sign in/, 'Sign in')
    await signedIn.getByRole('button', { name: /Bima/ }).waitFor()
    const again = await followMail(visitor, email, /link to sign in/, 'Sign in')
    visitor.expectProblem(/40[01]/)
    await again.getByText('Tautan sudah dipakai').waitFor()
    await page.goto('/sign-in/link#token=half-of-it')
    await page.getByText('Tautan tidak lengkap').waitFor()
    expect(await visitor.accessibility(again)).toEqual([])
  })

  it('comes by Google, as somebody new and again; who has an account links it first', async () => {
    await using visitor = await stage.visit({ language: 'en' })
    visitor.expectProblem(/favicon/)
    const { page } = visitor
    await atGoogle(page, 'gita@gmail.test')
    await page.getByRole('button', { name: 'Account of gita' }).waitFor()
    await signOut(page, 'gita')
    await atGoogle(page, 'gita@gmail.test')
    await page.getByRole('button', { name: 'Account of gita' }).waitFor()
    await forgetProofs(stage)
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Set up' }).click()
    const proof = page.getByRole('dialog', { name: 'Show that it is you' })
    await proof.getByRole('button', { name: 'Sign in again' }).click() // as there is no password
    await page.getByRole('button', { name: 'Sign in with Google' }).click()
    await chooseAtGoogle(page, 'gita@gmail.test')
    await page.waitForURL('/account/security')
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    await signOut(page, 'gita')

    const hadi = await signUp(stage, 'Hadi')
    await atGoogle(page, hadi.email)
    await page.getByText('then link Google under Security').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('link', { name: 'Sign in' }).last().click()
    await byPassword(page, hadi.email)
    await page.getByRole('button', { name: 'Account of Hadi' }).waitFor()
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Link Google' }).click()
    await chooseAtGoogle(page, 'hadi@gmail.test')
    await page.getByText('Linked to hadi@gmail.test.').waitFor()
    await signOut(page, 'Hadi')
    await atGoogle(page, 'hadi@gmail.test')
    await page.getByRole('button', { name: 'Account of Hadi' }).waitFor()
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Unlink' }).click()
    await page.getByText('Google is unlinked.').waitFor()
  })

  it('adds a passkey, signs in with nothing else, and takes it away', async () => {
    const person = await signUp(stage, 'Indah')
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await giveAuthenticator(visitor)
    await enter(page, person)
    await forgetProofs(stage)
    await page.goto('/account/security')
    await page.getByText('No passkeys yet.').waitFor()
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('textbox', { name: 'Name of this passkey' }).fill('My phone')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    const proof = page.getByRole('dialog', { name: 'Show that it is you' })
    await proof.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    expect(await visitor.accessibility()).toEqual([])
    await proof.getByRole('button', { name: 'Go on' }).click()
    const codes = page.getByRole('dialog', { name: 'Recovery codes' })
    await codes.getByRole('listitem').first().waitFor()
    await codes.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('My phone').waitFor()
    await page.getByText('never used').waitFor()

    await signOut(page, 'Indah')
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('button', { name: 'Account of Indah' }).waitFor()
    await page.goto('/account/security')
    await page.getByText(/last used/).waitFor()

    await forgetProofs(stage)
    await page.reload()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    const sure = page.getByRole('dialog', { name: 'Remove the passkey “My phone”?' })
    await sure.getByRole('button', { name: 'Remove', exact: true }).click()
    await proof.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('The passkey is removed.').waitFor()
    await page.getByText('No passkeys yet.').waitFor()
    await signOut(page, 'Indah')
    await page.goto('/sign-in')
    visitor.expectProblem(/401|400/)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('alert').waitFor()
  })

  it('sets an authenticator app up, signs in by its code and by a recovery code, and switches it off', async () => {
    const person = await signUp(stage, 'Joko')
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, person)
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    const secret = (await page.locator('.account-secret').textContent()) ?? ''
    expect(await visitor.accessibility()).toEqual([])
    const code = page.getByRole('textbox', { name: 'Code of six digits' })
    await code.fill(appCode(secret))
    await page.getByRole('button', { name: 'Switch on' }).click()
    const dialog = page.getByRole('dialog', { name: 'Recovery codes' })
    await dialog.getByRole('listitem').first().waitFor()
    const recovery = await dialog.getByRole('listitem').allTextContents()
    expect(await visitor.accessibility()).toEqual([])
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText(`${recovery.length} codes are left.`).waitFor()

    await signOut(page, 'Joko')
    await page.goto('/sign-in')
    visitor.expectProblem(/401|400|403/)
    await byPassword(page, person.email)
    await page.getByRole('heading', { name: 'Second step' }).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('textbox', { name: 'Code' }).fill('000000')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByRole('textbox', { name: 'Code' }).fill(appCode(secret, 1))
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Account of Joko' }).waitFor()

    await signOut(page, 'Joko')
    await page.goto('/sign-in')
    await byPassword(page, person.email)
    await page.getByRole('textbox', { name: 'Code' }).fill(recovery[0] ?? '')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Account of Joko' }).waitFor()
    await page.goto('/account/security')
    await page.getByText(`${recovery.length - 1} codes are left.`).waitFor()
    await page.getByRole('button', { name: 'Switch off' }).click()
    await code.fill(recovery[1] ?? '')
    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByText('The authenticator app is taken away.').waitFor()
    await signOut(page, 'Joko')
    await page.goto('/sign-in')
    await byPassword(page, person.email)
    await page.getByRole('button', { name: 'Account of Joko' }).waitFor()
  })

  async function atGoogle(page: Page, account: string): Promise<void> {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Sign in with Google' }).click()
    await chooseAtGoogle(page, account)
  }
})

async function chooseAtGoogle(page: Page, account: string): Promise<void> {
  await page.getByText('This stands in for Google').waitFor()
  await page.getByRole('textbox', { name: 'E-mail address' }).fill(account)
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** A device that knows its owner by a fingerprint. */
async function giveAuthenticator({ context, page }: Visitor): Promise<void> {
  const device = await context.newCDPSession(page)
  await device.send('WebAuthn.enable')
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}
