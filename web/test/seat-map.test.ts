import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arena, holdSeats, type Person, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { findSeat, type Geometry, planOf, type SeatPlan } from '../src/seat-map/engine/geometry.ts'
import { enter, tabTo } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'

describeInBrowser('whoever chooses seats', () => {
  let stage: Stage
  let organizer: Person
  const stack = new AsyncDisposableStack()

  beforeAll(async () => {
    stage = stack.use(await openStage())
    organizer = await signUpOrganizer(stage, stage.admin)
  })
  afterAll(() => stack.disposeAsync())

  const hall = async () => {
    const made = await arena(stage, stage.admin, organizer)
    const { event, seatMap } = await stage.run(
      'query ($id: ID!) { event(id: $id) { slug } seatMap(eventId: $id) { layoutUrl } }',
      { id: made.eventId },
    )
    return { ...made, path: `/events/${event.slug}/buy`, layoutUrl: seatMap.layoutUrl as string }
  }

  it('has only a keyboard, and goes by section, row and seats', async () => {
    const { path } = await hall()
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, await signUp(stage, 'Wulan'))
    await page.goto(path)
    await tabTo(page.getByText('Choose from lists, without the map').locator('..'))
    await page.keyboard.press('Enter')
    for (const name of ['Section', 'Row']) {
      await tabTo(page.getByRole('combobox', { name, exact: true }))
      await page.keyboard.press('ArrowDown')
    }
    await tabTo(page.getByRole('button', { name: 'Choose these' }))
    await page.keyboard.press('Enter')
    await yours(page).getByText('Front, row A, seat 1', { exact: true }).waitFor()
    expect(await yours(page).getByRole('listitem').count()).toBe(2)
    await page.getByRole('status').filter({ hasText: '2 seats chosen.' }).waitFor({ state: 'attached' })
    expect(await visitor.accessibility()).toEqual([])
    await tabTo(yours(page).getByRole('button', { name: 'Continue' }))
    await page.keyboard.press('Enter')
    await page.getByText('2 × VIP').waitFor()
  })

  it('sees what is under the mouse, loses a seat to somebody quicker, and takes those that are offered instead', async () => {
    const { path, layoutUrl, eventId, seat } = await hall()
    await using visitor = await stage.visit({ language: 'en' })
    const { page } = visitor
    await enter(page, await signUp(stage, 'Bayu'))
    await page.goto(path)
    const plan = await planAt(page, layoutUrl)
    await tapSeat(page, plan, findSeat(plan, 'Front', 'C', 10))
    await page.locator('.seat-tip').getByText('Front, row C, seat 10').waitFor()
    await yours(page).getByText('Front, row C, seat 10', { exact: true }).waitFor()
    await holdSeats(stage, await signUp(stage, 'Citra'), eventId, [seat('Front', 'C', 10)])
    await page.getByText('Somebody has just taken C-10').waitFor()
    await page.getByText('The rest of your choice is still there.').waitFor()
    await page.getByRole('button', { name: /^Take .* instead$/ }).click()
    await expect.poll(() => yours(page).getByRole('listitem').count()).toBe(2)
    expect(await yours(page).getByText('Front, row C, seat 10', { exact: true }).count()).toBe(0)
    await yours(page).getByRole('button', { name: 'Continue' }).click()
    await page.getByText('2 × VIP').waitFor()
  })

  it('sees each price in its own colour, also where nothing is to move', async () => {
    const { path, layoutUrl } = await hall()
    await using visitor = await stage.visit({ language: 'id', context: { reducedMotion: 'reduce' } })
    const { page } = visitor
    await page.goto(path)
    const plan = await planAt(page, layoutUrl)
    const [vip, regular] = [findSeat(plan, 'Front', 'A', 1), findSeat(plan, 'Back', 'A', 1)]
    expect(await colourOf(page, plan, vip)).toEqual(await colourOf(page, plan, vip + 1))
    expect(await colourOf(page, plan, regular)).not.toEqual(await colourOf(page, plan, vip))
  })

  it('is told that a part of the page has not come, tries again, and has the seats', async () => {
    const { path } = await hall()
    // What the worker has kept would be there.
    await using visitor = await stage.visit({ language: 'en', context: { serviceWorkers: 'block' } })
    visitor.expectProblem(/ERR_FAILED|Failed to load/)
    const { page } = visitor
    await enter(page, await signUp(stage, 'Dian'))
    await page.route('**/assets/later-*.js', (route) => route.abort('failed'))
    await page.goto(path)
    await page.locator('canvas[data-settled]').waitFor()
    const notThere = page.getByText('The connection broke, or Karcis was updated just now.')
    expect(await notThere.count()).toBe(0) // nobody has missed it yet
    const best = page.getByRole('button', { name: 'Best 2 in VIP, side by side: take them' })
    await best.click()
    await notThere.filter({ visible: true }).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    await page.unroute('**/assets/later-*.js')
    await page.getByRole('button', { name: 'Try again' }).filter({ visible: true }).click()
    await notThere.first().waitFor({ state: 'detached' })
    await best.click()
    await page.getByText('2 × VIP').waitFor()
  })
})

const yours = (page: Page): Locator => page.getByRole('region', { name: 'Your seats' })

/** Where the map draws a seat, in CSS pixels of its canvas. */
async function placeOf(page: Page, plan: SeatPlan, seat: number): Promise<{ x: number; y: number }> {
  const canvas = page.locator('canvas[data-settled]')
  await canvas.waitFor()
  const [scale = 1, left = 0, top = 0] = await canvas.evaluate((element) =>
    ['scale', 'x', 'y'].map((name) => Number((element as HTMLElement).dataset[name])),
  )
  return { x: (plan.x[seat] ?? 0) * scale + left, y: (plan.y[seat] ?? 0) * scale + top }
}

const planAt = async (page: Page, layoutUrl: string): Promise<SeatPlan> =>
  planOf((await page.evaluate(async (url) => (await fetch(url)).json(), layoutUrl)) as Geometry)

/** Taps a seat, and stays over it; from afar the first tap goes nearer. */
async function tapSeat(page: Page, plan: SeatPlan, seat: number): Promise<void> {
  const canvas = page.locator('canvas[data-settled]')
  while ((await yours(page).getByRole('listitem').count()) === 0)
    await canvas.click({ position: await placeOf(page, plan, seat) })
  await canvas.hover({ position: await placeOf(page, plan, seat) })
}

/** The colour that a seat is filled with, beside the number in its middle. */
async function colourOf(page: Page, plan: SeatPlan, seat: number): Promise<number[]> {
  const place = await placeOf(page, plan, seat)
  const aside = plan.geometry.seatSize * 0.3
  return await page.locator('canvas[data-settled]').evaluate(
    (element, { x, y, aside }) => {
      const canvas = element as HTMLCanvasElement
      const ratio = canvas.width / canvas.clientWidth
      const by = aside * Number(canvas.dataset.scale)
      const pixel = canvas.getContext('2d')?.getImageData((x - by) * ratio, (y - by) * ratio, 1, 1)
      return [...(pixel?.data ?? [])]
    },
    { ...place, aside },
  )
}
