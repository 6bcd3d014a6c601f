import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { PASSWORD, type Person } from '../../e2e/test/builders.ts'
import type { Visitor } from './visitor.ts'

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) {
  user { id name email role emailVerified avatarUrl } } }`

/** Signs somebody of a story in, in a browser: as its own page would, with the session in a cookie that no script reads. */
export async function enter(page: Page, { email }: Person): Promise<void> {
  await page.goto('/sign-in') // a page of the app: other files' policy lets them ask nothing
  const error = await page.evaluate(
    async ({ query, input }) => {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'karcis-session': 'cookie' },
        body: JSON.stringify({ query, variables: { input } }),
      })
      const { data, errors } = await response.json()
      if (data?.login) localStorage.setItem('karcis-user', JSON.stringify(data.login.user))
      return errors ? JSON.stringify(errors) : null
    },
    { query: LOGIN, input: { email, password: PASSWORD } },
  )
  if (error !== null) throw new Error(error)
}

/** Presses Tab until that has the focus. @throws Error after going around. */
export async function tabTo(wanted: Locator): Promise<void> {
  await wanted.waitFor()
  for (let presses = 0; presses < 80; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return
    await wanted.page().keyboard.press('Tab')
  }
  throw new Error('no Tab leads to it')
}

/** Opens the newest mail to an address in the outbox that development has, and in it what its button leads to: in a tab of its own, as from any mailbox. */
export async function followMail(
  visitor: Visitor,
  to: string,
  subject: string | RegExp,
  label: string,
): Promise<Page> {
  const mailbox = await visitor.newPage()
  const mail = mailbox.getByRole('link', { name: subject }).first()
  await expect
    .poll(async () => {
      await mailbox.goto(`/outbox?channel=EMAIL&to=${encodeURIComponent(to)}`)
      return mail.count()
    }, PATIENCE)
    .toBe(1)
  await mail.click()
  const button = mailbox.getByTitle('The mail').contentFrame().getByRole('link', { name: label })
  const [page] = await Promise.all([visitor.context.waitForEvent('page'), button.click()])
  await mailbox.close()
  return page
}

/** Fills the page for a new account in. */
export async function signUpAt(page: Page, name: string, email: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('textbox', { name: 'E-mail address' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Make my account' }).click()
}

/** Opens the link that shows that an address is somebody's. */
export async function confirmAddress(visitor: Visitor, email: string): Promise<void> {
  const page = await followMail(visitor, email, /Welcome to Karcis/, 'Confirm this address')
  await page.getByRole('heading', { name: 'The address is confirmed' }).waitFor()
  await page.getByText(`${email} is yours.`).waitFor()
  expect(new URL(page.url()).hash).toBe('') // so that the token is in no history
  expect(await visitor.accessibility(page)).toEqual([])
  await page.close()
}

/** Fills the page for it in. */
export async function byPassword(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByRole('textbox', { name: 'E-mail address' }).fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** By the menu of the account, which is called by its owner's name. */
export async function signOut(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Account of ${name}` }).click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.getByRole('link', { name: 'Sign in' }).first().waitFor()
}

/** For what goes through queues, on a machine that is busy. */
export const PATIENCE = { timeout: 60_000, interval: 500 }
