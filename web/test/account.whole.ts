import { readFile } from 'node:fs/promises'
import { startMidtrans } from '@karcis/stand-ins/midtrans'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { concert, createBooking, PASSWORD, pay, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { byPassword, confirmAddress, enter, followMail, PATIENCE, signUpAt } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

const SERVER_KEY = 'SB-Mid-server-test'

describeInBrowser('somebody who looks after their account', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage(async (origin, stack) => {
      const notificationUrl = `${origin}/webhooks/midtrans`
      const midtrans = stack.use(await startMidtrans({ serverKey: SERVER_KEY, notificationUrl }))
      return {
        NODE_ENV: 'development',
        MIDTRANS_SERVER_KEY: SERVER_KEY,
        MIDTRANS_SNAP_URL: midtrans.url,
        MIDTRANS_API_URL: midtrans.url,
      }
    })
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('tops the wallet up on the page of a provider, and sees what moved', async () => {
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    visitor.expectProblem(/404/) // of the provider's page
    const { page } = visitor
    await enter(page, await signUp(stage, 'Kartika'))
    await page.goto('/account/wallet')
    await page.getByText('IDR 1,000,000').first().waitFor()
    await page.getByText('Gift').waitFor()
    await page.getByRole('button', { name: 'Top up' }).click()
    await page.getByRole('spinbutton', { name: 'Amount (IDR)' }).fill('250000')
    await page.getByRole('radio', { name: /Midtrans/ }).check()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('button', { name: 'Go on to pay' }).click()
    await page.getByRole('button', { name: 'Pay by card' }).click()
    await page.getByText('IDR 250,000 has arrived.').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('link', { name: 'See the wallet' }).click()
    await page.getByText('IDR 1,250,000').first().waitFor()
    await page.getByText('+IDR 250,000').waitFor()
  })

  it('shows another face and name, everywhere at once', async () => {
    const person = await signUp(stage, 'Laras')
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, person)
    await page.goto('/account')
    await page.getByRole('textbox', { name: 'Name' }).fill('Laras Ayu')
    await page.getByRole('textbox', { name: /Phone number/ }).fill('12')
    await page.getByRole('button', { name: 'Save' }).click()
    visitor.expectProblem(/400/)
    await page
      .locator('.field--wrong')
      .getByRole('textbox', { name: /Phone number/ })
      .waitFor()
    await page.getByRole('textbox', { name: /Phone number/ }).fill('+62 812 3456 7890')
    await page
      .getByRole('textbox', { name: /Address/ })
      .last()
      .fill('Jl. Melati 5, Jakarta')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByRole('button', { name: 'Account of Laras Ayu' }).waitFor()

    const picture = sharp({ create: { width: 600, height: 400, channels: 3, background: 'teal' } })
    const [choosing] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose a picture' }).click(),
    ])
    await choosing.setFiles({ name: 'me.png', mimeType: 'image/png', buffer: await picture.png().toBuffer() })
    const face = page.getByRole('main').locator('.avatar img')
    await expect
      .poll(() => face.evaluate((image: HTMLImageElement) => image.naturalWidth), PATIENCE)
      .toBeGreaterThan(0)
    expect(await visitor.accessibility()).toEqual([])
    await page.reload()
    await face.waitFor()
    expect(await page.getByRole('textbox', { name: /Phone number/ }).inputValue()).toBe('+62 812 3456 7890')
    await page.getByRole('button', { name: 'Remove the picture' }).click()
    await face.waitFor({ state: 'detached' })
  })

  it('moves to another address by the links in both mails, and takes it back by the one to the old', async () => {
    const [email, newEmail] = ['mega@karcis.test', 'mega.baru@karcis.test']
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await page.goto('/sign-up')
    await signUpAt(page, 'Mega', email)
    await confirmAddress(visitor, email)

    await page.goto('/account')
    await page.getByRole('button', { name: 'Change the address' }).click()
    await page.getByRole('textbox', { name: 'New e-mail address' }).fill(newEmail)
    await page.getByRole('textbox', { name: 'Your password now' }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Change the address' }).click()
    await page.getByText(`The move to ${newEmail} waits to be confirmed.`).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    const first = await followMail(visitor, newEmail, /Confirm your new/, 'Confirm the new address')
    await first.getByText('One more link').waitFor()
    await first.close()
    const second = await followMail(visitor, email, /is to change/, 'Yes, change my address')
    await second.getByText(`The e-mail address of your account is ${newEmail} now.`).waitFor()
    await second.getByRole('link', { name: 'Go on' }).click()
    await second.getByText(newEmail, { exact: true }).waitFor()

    const back = await followMail(visitor, email, /has changed/, 'Take it back')
    expect(await visitor.accessibility(back)).toEqual([])
    await back.getByRole('button', { name: 'Yes, give me my address back' }).click()
    await back.getByRole('heading', { name: 'You have your address back' }).waitFor()
    await back.getByRole('link', { name: 'Choose a new password' }).click()
    await back.getByRole('textbox', { name: 'E-mail address' }).fill(email)
    await back.getByRole('button', { name: 'Send the link' }).click()
    const reset = await followMail(visitor, email, /Choose a new password/, 'Choose a new password')
    await reset.getByRole('textbox', { name: 'New password' }).fill('mine alone from now on')
    await reset.getByRole('button', { name: 'Save the password' }).click()
    await reset.getByRole('link', { name: 'Sign in' }).last().click()
    await byPassword(reset, email, 'mine alone from now on')
    await reset.getByRole('button', { name: 'Account of Mega' }).waitFor()
    visitor.expectProblem(/401/) // of the sessions that have ended
  })

  it('downloads all that is known of them, and has it erased: told what is lost, and gone everywhere', async () => {
    const organizer = await signUpOrganizer(stage, stage.admin)
    const { typeId } = await concert(stage, stage.admin, organizer, { price: 100_000, quota: 9 })
    const person = await signUp(stage, 'Nanda')
    const { createBooking: booking } = await createBooking(stage, person, {
      ticketTypeId: typeId,
      quantity: 2,
    })
    await pay(stage, person, booking.id)
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, person)
    await page.goto('/account/data')
    await page.getByRole('button', { name: 'Prepare the file' }).click()
    const link = page.getByRole('link', { name: 'Download' })
    await link.waitFor(PATIENCE)
    expect(await visitor.accessibility()).toEqual([])
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toMatch(/\.json$/)
    const data = JSON.parse(await readFile(await download.path(), 'utf8'))
    expect(data.user.account.email).toBe(person.email)
    expect(JSON.stringify(data.booking)).toContain(booking.id)

    const other = await visitor.newPage()
    await other.goto('/tickets')
    await page.getByRole('button', { name: 'Erase my account…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Erase the account for good?' })
    await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
    visitor.expectProblem(/409|40[01]/)
    await dialog.getByRole('button', { name: 'Yes, erase it for good' }).click()
    await dialog.getByText('A balance of IDR 800,000').waitFor()
    await dialog.getByText('2 valid tickets').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await dialog.getByRole('checkbox', { name: /I know/ }).check()
    await dialog.getByRole('button', { name: 'Yes, erase it for good' }).click()
    await page.getByText('Your account is erased. We hope to see you again.').waitFor()
    await page.waitForURL('/')
    await other.getByText('Sign in to see your tickets').waitFor()
    await page.goto('/sign-in')
    await byPassword(page, person.email)
    await page.getByText('That does not match').waitFor()
  })
})
