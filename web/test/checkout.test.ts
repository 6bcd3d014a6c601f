import { startMidtrans } from '@karcis/stand-ins/midtrans'
import { eventually } from '@karcis/testkit/eventually'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arena, concert, type Person, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { startRelay } from '../../e2e/test/relay.ts'
import { enter, tabTo } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

const SERVER_KEY = 'SB-Mid-server-test'
const MINE = `{ me { balance } myBookings { edges { node { id status totalPrice tickets { id status } } } } }`

describeInBrowser('a buyer', () => {
  let stage: Stage
  let organizer: Person
  const stack = new AsyncDisposableStack()

  beforeAll(async () => {
    const relay = stack.use(await startRelay())
    const midtrans = stack.use(
      await startMidtrans({ serverKey: SERVER_KEY, notificationUrl: `${relay.url}/webhooks/midtrans` }),
    )
    stage = stack.use(
      await openStage({
        MIDTRANS_SERVER_KEY: SERVER_KEY,
        MIDTRANS_SNAP_URL: midtrans.url,
        MIDTRANS_API_URL: midtrans.url,
      }),
    )
    relay.handOnTo(stage.url)
    organizer = await signUpOrganizer(stage, stage.admin)
  })
  afterAll(() => stack.disposeAsync())

  const mine = async (person: Person) => {
    const { me, myBookings } = await stage.run(MINE, {}, person.token)
    return {
      balance: me.balance as number,
      bookings: myBookings.edges.map(({ node }: { node: object }) => node),
    }
  }

  it('is a guest, has only a keyboard, pays on the page of a provider and comes back to the tickets', async () => {
    const { slug } = await concert(stage, stage.admin, organizer, { price: 150_000, quota: 10 })
    await using visitor = await stage.visit({ language: 'id' })
    const { page } = visitor
    await page.goto(`/events/${slug}/buy`)
    await tabTo(page.getByRole('spinbutton', { name: 'Festival', exact: true }))
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    expect(await visitor.accessibility()).toEqual([])
    await tabTo(page.getByRole('button', { name: 'Lanjut', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Atas nama siapa?' }).waitFor()
    await tabTo(page.getByRole('textbox', { name: 'Nama', exact: true }))
    await page.keyboard.type('Siti Tamu')
    await page.keyboard.press('Tab')
    await page.keyboard.type('siti.tamu@karcis.test')
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Periksa pesanan' }).waitFor()
    await page.getByText('Rp 300.000').first().waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await tabTo(page.getByRole('button', { name: 'Lanjut ke pembayaran', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('radio', { name: /Midtrans/ }).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await tabTo(page.getByRole('button', { name: 'Bayar Rp 300.000', exact: true }))
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Pay by card' }).waitFor()
    await tabTo(page.getByRole('button', { name: 'Pay by card', exact: true }))
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Tiket Anda sudah jadi' }).waitFor()
    expect(await page.getByRole('link', { name: /Lihat tiket/ }).count()).toBe(2)
    expect(await visitor.accessibility()).toEqual([])
    await page.reload()
    await page.getByRole('heading', { name: 'Tiket Anda sudah jadi' }).waitFor()
    visitor.expectProblem(/404/) // of the provider's page
  })

  it('takes two seats in one tap while somebody else watches the map', async () => {
    const { eventId } = await arena(stage, stage.admin, organizer)
    const { event } = await stage.run('query ($id: ID!) { event(id: $id) { slug } }', { id: eventId })
    await using guest = await stage.visit({ language: 'en' })
    await using watcher = await stage.visit({ language: 'id', width: 'phone' })
    await watcher.page.goto(`/events/${event.slug}/buy`)
    await watcher.page.getByText('Sisa 200').filter({ visible: true }).first().waitFor()
    const { page } = guest
    await page.goto(`/events/${event.slug}/buy`)
    await page.getByRole('button', { name: 'Best 2 in VIP, side by side: take them' }).click()
    const dialog = page.getByRole('dialog', { name: 'Who is buying?' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Agus')
    await dialog.getByRole('textbox', { name: 'E-mail' }).fill('agus.tamu@karcis.test')
    await dialog.getByRole('button', { name: 'Continue as a guest' }).click()
    await page.getByText('2 × VIP').waitFor()
    await watcher.page.getByText('Sisa 198').filter({ visible: true }).first().waitFor()
    await page.getByRole('button', { name: 'Go on to payment' }).click()
    await page.getByRole('button', { name: 'Pay IDR 600,000' }).click()
    await page.getByRole('button', { name: 'Pay by card' }).click()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    guest.expectProblem(/404/) // of the provider's page
    expect(await watcher.accessibility()).toEqual([])
  })

  it('loses the connection between "pay" and the answer, and has paid once', async () => {
    const { slug } = await concert(stage, stage.admin, organizer, { price: 200_000, quota: 10 })
    const buyer = await signUp(stage, 'Budi')
    await using visitor = await stage.visit({ language: 'en' })
    visitor.expectProblem(/ERR_FAILED|Failed to load/)
    const { page } = visitor
    await enter(page, buyer)
    await choose(page, slug, 1)
    await page.getByRole('button', { name: 'Go on to payment' }).click()
    const asked: string[] = []
    await page.route('**/graphql', async (route) => {
      const body = route.request().postData() ?? ''
      if (!body.includes('mutation Pay(')) return route.continue()
      asked.push(body)
      if (asked.length === 1) await route.fetch() // it has arrived; what came back did not
      return route.abort('connectionreset')
    })
    await page.getByRole('radio', { name: /Karcis balance/ }).check()
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    expect(new Set(asked).size).toBe(1) // all tries are one attempt
    expect(await mine(buyer)).toMatchObject({
      balance: 800_000,
      bookings: [{ status: 'PAID', totalPrice: 200_000 }],
    })
  })

  it('has two tabs with one hold, books in both and pays once', async () => {
    const { slug } = await concert(stage, stage.admin, organizer, { price: 100_000, quota: 10 })
    const buyer = await signUp(stage, 'Sari')
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, buyer)
    await choose(page, slug, 2)
    const other = await visitor.newPage()
    await other.goto(page.url())
    const goOn = { name: 'Go on to payment' }
    await other.getByRole('button', goOn).waitFor()
    await Promise.all([page, other].map((tab) => tab.getByRole('button', goOn).click()))
    await Promise.all([page, other].map((tab) => tab.getByRole('radio', { name: /Karcis balance/ }).check()))
    await Promise.all([page, other].map((tab) => tab.getByRole('button', { name: /^Pay / }).click()))
    await Promise.all(
      [page, other].map((tab) => tab.getByRole('heading', { name: 'You have your tickets' }).waitFor()),
    )
    expect(await mine(buyer)).toMatchObject({
      balance: 800_000,
      bookings: [{ status: 'PAID', tickets: [{ status: 'VALID' }, { status: 'VALID' }] }],
    })
  })

  it('sees the hall sell out under their fingers, and keeps what can still be had', async () => {
    const { slug, typeId } = await concert(stage, stage.admin, organizer, {
      price: 0,
      quota: 4,
      kind: 'FREE',
    })
    const [buyer, quicker] = [await signUp(stage, 'Tari'), await signUp(stage, 'Umar')]
    await using visitor = await stage.visit({ language: 'id' })
    const { page } = visitor
    await enter(page, buyer)
    await page.goto(`/events/${slug}/buy`)
    for (let times = 0; times < 3; times += 1) await page.getByRole('button', { name: /Tambah/ }).click()
    await stage.run(
      'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }',
      { input: { ticketTypeId: typeId, quantity: 2 } },
      quicker.token,
    )
    await page.getByText('Festival: Anda memilih 3, sisa 2.').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('button', { name: 'Ambil yang tersisa' }).click()
    await page.getByRole('button', { name: 'Lanjut', exact: true }).click()
    await page.getByRole('button', { name: 'Pesan tiket gratis' }).click()
    await page.getByRole('heading', { name: 'Tiket Anda sudah jadi' }).waitFor()
    expect(await mine(buyer)).toMatchObject({
      balance: 1_000_000,
      bookings: [{ status: 'PAID', totalPrice: 0 }],
    })
  })

  it('waits for their turn, and goes on to the ticket by what a screen reader is told alone', async () => {
    const { slug, eventId, title } = await concert(stage, stage.admin, organizer, {
      price: 50_000,
      quota: 10,
    })
    await stage.run(
      'mutation ($input: SetQueueInput!) { setQueue(input: $input) { enabled } }',
      { input: { eventId, opensAt: new Date(Date.now() + 12_000).toISOString(), admitPerMinute: 60 } },
      organizer.token,
    )
    const buyer = await signUp(stage, 'Vina')
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    const { page } = visitor
    await enter(page, buyer)
    await page.goto(`/events/${slug}/buy`)
    await page.getByRole('region', { name: 'Waiting room' }).waitFor()
    await page.getByText(`Many people want to see ${title}, so everybody takes turns.`).waitFor()
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByText('Everybody who is here when it opens is drawn at random.').waitFor()
    expect(await visitor.accessibility()).toEqual([])
    const places = page.getByRole('spinbutton', { name: 'Festival' }) // comes by itself once they are in
    await places.fill('1')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Go on to payment' }).click()
    await page.getByRole('radio', { name: /Karcis balance/ }).check()
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    await eventually(async () => expect(await mine(buyer)).toMatchObject({ bookings: [{ status: 'PAID' }] }))
  })

  /** Chooses so many of the one type there is, and has them held. */
  async function choose(page: Page, slug: string, quantity: number): Promise<void> {
    await page.goto(`/events/${slug}/buy`)
    await page.getByRole('spinbutton', { name: 'Festival' }).fill(String(quantity))
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Go on to payment' }).waitFor()
  }
})
