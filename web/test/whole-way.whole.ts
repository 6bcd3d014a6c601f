import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arena, type Person, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { enter, tabTo } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

const MINE = '{ myBookings { edges { node { status tickets { status seat { section row } } } } } }'

describeInBrowser('the whole way, from a search to the ticket', () => {
  let stage: Stage
  let organizer: Person
  let event: { title: string }

  beforeAll(async () => {
    stage = await openStage()
    organizer = await signUpOrganizer(stage, stage.admin)
    const { eventId } = await arena(stage, stage.admin, organizer)
    event = (await stage.run('query ($id: ID!) { event(id: $id) { title } }', { id: eventId })).event
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const bookingsOf = async ({ token }: Person) =>
    (await stage.run(MINE, {}, token)).myBookings.edges.map(({ node }: { node: object }) => node)

  it('is gone in Indonesian with nothing but a keyboard', async () => {
    const buyer = await signUp(stage, 'Citra')
    await using visitor = await stage.visit({ language: 'id' })
    const { page } = visitor
    const press = (key: string) => page.keyboard.press(key)
    await enter(page, buyer)
    await page.goto('/')
    await tabTo(page.getByRole('main').getByRole('searchbox'))
    await page.keyboard.type(event.title)
    await press('Enter')
    await page.waitForURL(/\/search\?/)
    await tabTo(page.getByRole('region', { name: 'Hasil' }).getByRole('link', { name: event.title }))
    await press('Enter')
    await tabTo(page.getByRole('link', { name: 'Beli tiket' }))
    await press('Enter')

    await tabTo(page.locator('summary', { hasText: 'Pilih dari daftar, tanpa denah' }))
    await press('Enter')
    await tabTo(page.getByRole('combobox', { name: 'Bagian' }))
    await page.keyboard.type('Front')
    await tabTo(page.getByRole('combobox', { name: 'Baris' }))
    await press('ArrowDown')
    await tabTo(page.getByRole('button', { name: 'Pilih kursi ini' }))
    expect(await visitor.accessibility()).toEqual([])
    await press('Enter')
    await goOn(page, 'Lanjut')
    await goOn(page, 'Lanjut ke pembayaran')
    await tabTo(page.getByRole('radio', { name: /Saldo Karcis/ }))
    await press('Space')
    await goOn(page, /^Bayar /)
    await page.getByRole('heading', { name: 'Tiket Anda sudah jadi' }).waitFor()
    const valid = { status: 'VALID', seat: { section: 'Front', row: 'A' } }
    expect(await bookingsOf(buyer)).toMatchObject([{ status: 'PAID', tickets: [valid, valid] }])
  })

  it('is gone in English with a finger on a phone', async () => {
    const buyer = await signUp(stage, 'Dara')
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await enter(page, buyer)
    await page.goto('/')
    await page.getByRole('main').getByRole('searchbox').fill(event.title)
    await page.getByRole('main').getByRole('button', { name: 'Search', exact: true }).tap()
    await page.waitForURL(/\/search\?/)
    await page.getByRole('region', { name: 'Results' }).getByRole('link', { name: event.title }).tap()
    await page.getByRole('link', { name: 'Buy tickets' }).first().tap()
    await page.getByRole('button', { name: 'Best 2 in VIP, side by side: take them' }).tap()
    await page.getByRole('button', { name: 'Go on to payment' }).tap()
    await page.getByRole('radio', { name: /Karcis balance/ }).check()
    await page.getByRole('button', { name: /^Pay / }).tap()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    const valid = { status: 'VALID', seat: { section: 'Front' } }
    expect(await bookingsOf(buyer)).toMatchObject([{ status: 'PAID', tickets: [valid, valid] }])
  })
})

/** Goes to a button by Tab, and presses it. */
async function goOn(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page.getByRole('button', { name, exact: true }))
  await page.keyboard.press('Enter')
}
