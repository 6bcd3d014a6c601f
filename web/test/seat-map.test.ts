import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arena, holdSeats, type Person, signUp, signUpOrganizer } from '../../e2e/test/builders.ts'
import { findSeat, type Geometry, planOf } from '../src/seat-map/engine/geometry.ts'
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
    await tapSeat(page, layoutUrl, 'Front', 'C', 10)
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

/** Taps a seat where the map draws it, and stays over it; from afar the first tap goes nearer. */
async function tapSeat(
  page: Page,
  layoutUrl: string,
  section: string,
  row: string,
  number: number,
): Promise<void> {
  const geometry = await page.evaluate(async (url) => (await fetch(url)).json(), layoutUrl)
  const plan = planOf(geometry as Geometry)
  const seat = findSeat(plan, section, row, number)
  const canvas = page.locator('canvas[data-settled]')
  const place = async () => {
    await canvas.waitFor()
    const [scale = 1, left = 0, top = 0] = await canvas.evaluate((element) =>
      ['scale', 'x', 'y'].map((name) => Number((element as HTMLElement).dataset[name])),
    )
    return { x: (plan.x[seat] ?? 0) * scale + left, y: (plan.y[seat] ?? 0) * scale + top }
  }
  while ((await yours(page).getByRole('listitem').count()) === 0)
    await canvas.click({ position: await place() })
  await canvas.hover({ position: await place() })
}
