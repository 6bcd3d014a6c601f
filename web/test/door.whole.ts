import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_FLAGS, findChromium } from '@karcis/infra/chromium'
import { chromium, type Locator, type Page } from 'playwright-core'
import { encode } from 'uqr'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  approvedEvent,
  createBooking,
  pay,
  type Person,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../../e2e/test/builders.ts'
import { linkOf } from '../src/door/scanner.ts'
import { enter } from './people.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'
import { createVisitor, type Visitor } from './visitor.ts'

/** As many places as one hold may have. */
const A_BOOKING = 10
const COUNTS = 'query ($eventId: ID!) { checkInStats(eventId: $eventId) { total checkedIn flagged } }'

describeInBrowser('a door', () => {
  let stage: Stage
  let organizer: Person

  beforeAll(async () => {
    stage = await openStage()
    organizer = await signUpOrganizer(stage, stage.admin)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** An event with so many tickets of several people. @returns their codes. */
  async function eventWithTickets(quantity: number) {
    const eventId = await approvedEvent(stage, stage.admin, organizer)
    const type = { name: 'Standing', price: 0, quota: quantity, kind: 'FREE' }
    const ticketTypeId = await ticketType(stage, organizer, eventId, type)
    const { event } = await stage.run('query ($id: ID!) { event(id: $id) { title } }', { id: eventId })
    const codes: string[] = []
    while (codes.length < quantity) {
      const buyer = await signUp(stage, 'Dewi')
      const part = Math.min(A_BOOKING, quantity - codes.length)
      const { createBooking: booking } = await createBooking(stage, buyer, { ticketTypeId, quantity: part })
      const { confirmPayment } = await pay(stage, buyer, booking.id)
      codes.push(...confirmPayment.tickets.map(({ code }: { code: string }) => code))
    }
    return { eventId, title: event.title as string, codes }
  }

  const countsOf = async (eventId: string) =>
    (await stage.run(COUNTS, { eventId }, organizer.token)).checkInStats

  /** Opens the link of a scanner that the organizer has made for a helper. */
  async function openDoor(visitor: Visitor, eventId: string, title: string, gate: string): Promise<void> {
    const { createDoorDevice: device } = await stage.run(
      'mutation ($input: CreateDoorDeviceInput!) { createDoorDevice(input: $input) { id token } }',
      { input: { eventId, name: gate, gate } },
      organizer.token,
    )
    const scanner = { eventId, title, deviceId: device.id, gate, token: device.token }
    await visitor.page.goto(linkOf(scanner, stage.origin))
    await counted(visitor.page, 0)
  }

  it('opens in two taps, lets 200 in without a network, also over a restart, and has each counted once', async () => {
    const { eventId, title, codes } = await eventWithTickets(200)
    await using visitor = await stage.visit({ language: 'en', width: 'phone' })
    visitor.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
    const { page } = visitor
    await enter(page, organizer)
    await page.goto('/door')
    expect(await visitor.accessibility()).toEqual([])
    await page.getByRole('button', { name: title }).tap()
    await page.getByRole('button', { name: 'All gates' }).tap()
    await counted(page, 0)
    await page.evaluate(() => navigator.serviceWorker.ready)

    await visitor.offline(true)
    for (const code of codes.slice(0, 100)) await scan(page, code)
    await page.getByText('100 waiting').waitFor()
    await page.reload()
    await page.getByText('100 waiting').waitFor()
    for (const code of codes.slice(100)) await scan(page, code)
    await page.getByText('200 waiting').waitFor()
    await scan(page, codes[0] ?? '')
    await said(page, /Already used.*at this door/).waitFor()
    expect(await visitor.accessibility()).toEqual([])
    expect(await countsOf(eventId)).toMatchObject({ total: 200, checkedIn: 0 })

    await visitor.offline(false)
    await counted(page, 200)
    await page.getByText(/\d+ waiting/).waitFor({ state: 'detached' })
    expect(await countsOf(eventId)).toEqual({ total: 200, checkedIn: 200, flagged: 0 })
  })

  it('hears of the other door while online; of one ticket that both let in offline, both are told', async () => {
    const { eventId, title, codes } = await eventWithTickets(2)
    const [first = '', second = ''] = codes
    await using north = await stage.visit({ language: 'en' })
    await using south = await stage.visit({ language: 'en' })
    const doors = [north, south]
    for (const door of doors) door.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
    await openDoor(north, eventId, title, 'North')
    await openDoor(south, eventId, title, 'South')

    await scan(north.page, first)
    await south.page.getByText(/Just came in at North/).waitFor()
    await scan(south.page, first)
    await said(south.page, /Already used.*North/).waitFor()

    for (const { page, offline } of doors) {
      await offline(true)
      await scan(page, second)
      await page.getByText('1 waiting').waitFor()
    }
    for (const { offline } of doors) await offline(false)
    await north.page.getByText(/Came in again at South/).waitFor()
    await south.page.getByText(/Had come in before at North/).waitFor()
    for (const door of doors) {
      await counted(door.page, 2)
      await door.page.getByRole('button', { name: '1 to look into' }).waitFor()
      expect(await door.accessibility()).toEqual([])
    }
    expect(await countsOf(eventId)).toEqual({ total: 2, checkedIn: 2, flagged: 1 })
  })

  it('reads the code of a ticket with its camera', async () => {
    const { eventId, title, codes } = await eventWithTickets(1)
    const folder = await mkdtemp(join(tmpdir(), 'karcis-camera-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true }))
    const film = join(folder, 'ticket.y4m')
    writeFileSync(film, filmOf(codes[0] ?? ''))
    const browser = stack.adopt(
      await chromium.launch({
        executablePath: findChromium() ?? '',
        args: [
          ...CHROMIUM_FLAGS,
          '--use-fake-device-for-media-stream',
          '--use-fake-ui-for-media-stream',
          `--use-file-for-fake-video-capture=${film}`,
        ],
      }),
      (one) => one.close(),
    )
    const visitor = stack.use(
      await createVisitor(browser, stage.origin, {
        language: 'en',
        width: 'phone',
        context: { permissions: ['camera'] },
      }),
    )
    await openDoor(visitor, eventId, title, 'North')
    await counted(visitor.page, 1)
    expect(await countsOf(eventId)).toEqual({ total: 1, checkedIn: 1, flagged: 0 })
  })
})

/** Waits until the scanner says that so many are in. */
const counted = (page: Page, checkedIn: number): Promise<void> =>
  page.getByText(new RegExp(String.raw`^${checkedIn} / \d+ checked in$`)).waitFor()

/** What readers are told of the latest scan. */
const said = (page: Page, text: RegExp): Locator => page.getByRole('alert').filter({ hasText: text })

/** Types a code as a hardware scanner does: a key each millisecond, and Enter, by the clock of the keyboard, however busy the machine is. */
async function scan(page: Page, code: string): Promise<void> {
  const keyboard = await page.context().newCDPSession(page)
  const startedAt = Date.now()
  const keys = [
    ...Array.from(code, (key) => ({ type: 'keyDown', key, text: key }) as const),
    { type: 'rawKeyDown', key: 'Enter', windowsVirtualKeyCode: 13 } as const,
  ]
  await Promise.all(
    keys.map((key, at) =>
      keyboard.send('Input.dispatchKeyEvent', { ...key, timestamp: (startedAt + at) / 1_000 }),
    ),
  )
  await keyboard.detach()
}

const [WIDTH, HEIGHT] = [640, 480]
const WHITE = 235
const BLACK = 16

/** A film of one picture, the code of a ticket, as Chromium takes it for what a camera sees (YUV4MPEG2). */
function filmOf(code: string): Buffer {
  const { size, data } = encode(code)
  const scale = Math.floor((HEIGHT * 0.4) / size)
  const light = Buffer.alloc(WIDTH * HEIGHT, WHITE)
  const [left, top] = [(WIDTH - size * scale) >> 1, (HEIGHT - size * scale) >> 1]
  for (let y = 0; y < size * scale; y += 1)
    for (let x = 0; x < size * scale; x += 1)
      if (data[Math.floor(y / scale)]?.[Math.floor(x / scale)]) light[(top + y) * WIDTH + left + x] = BLACK
  const colours = Buffer.alloc((WIDTH * HEIGHT) / 2, 128)
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, colours])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`), frame, frame])
}
