import type { Locator, Page } from 'playwright-core'
import { PASSWORD, type Person } from '../../e2e/test/builders.ts'

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
