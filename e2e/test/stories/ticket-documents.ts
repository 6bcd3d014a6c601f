import { expect } from 'vitest'
import { arena, createBooking, holdSeats, pay, signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

/** gives tickets as documents by the one port, asks who comes, and knows none of what was handed on. */
export async function ticketDocumentStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  const [buyer, friend] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Sari')]
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [seat('Front', 'A', 9)])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const [own] = (await pay(karcis, buyer, booking.id)).confirmPayment.tickets
  const { event } = await karcis.run('query ($id: ID!) { event(id: $id) { title venue { name } } }', {
    id: eventId,
  })
  const SOLD = `query ($id: ID!) { ticket(id: $id) {
    createdAt updatedAt booking { id items { unitPrice } } unitPrice currency } }`
  const soldAs = async (id: string, token: string) => (await karcis.run(SOLD, { id }, token)).ticket
  const sold = await soldAs(own.id, buyer.token)
  const [item] = sold.booking.items
  expect(sold).toEqual({
    createdAt: sold.createdAt,
    updatedAt: sold.createdAt,
    booking: { id: booking.id, items: [item] },
    unitPrice: item.unitPrice,
    currency: 'IDR',
  })
  expect(await soldAs(own.id, organizer.token)).toEqual(sold)

  const get = (path: string, token?: string, headers: Record<string, string> = {}) =>
    fetch(karcis.url + path, { headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) } })
  const codeOf = async (response: Response) => {
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] }
    return [response.status, errors[0]?.extensions.code]
  }
  const page = await get(`/tickets/${own.id.toUpperCase()}.pdf`, buyer.token, { 'accept-language': 'en' })
  expect(page.status).toBe(200)
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'cache-control': 'private, no-store',
  })
  const pdf = Buffer.from(await page.arrayBuffer()).toString('latin1')
  expect(pdf).toMatch(/^%PDF-/)
  expect(pdf).toContain('/Lang (en-GB)')
  const entry = await (await get(`/tickets/${own.id}.ics`, organizer.token)).text()
  const unfolded = entry.replaceAll('\r\n ', '')
  expect(unfolded).toContain(`SUMMARY:${event.title}`)
  expect(unfolded).toContain(`LOCATION:${event.venue.name}`)
  expect(unfolded).toMatch(/Penyelenggara: Rara/)

  const path = `/tickets/${own.id}.pdf`
  expect(await codeOf(await get(path))).toEqual([401, 'UNAUTHENTICATED'])
  expect(await codeOf(await get(path, 'nonsense'))).toEqual([401, 'UNAUTHENTICATED'])
  expect(await codeOf(await get(path, friend.token))).toEqual([403, 'FORBIDDEN'])
  expect(await codeOf(await get(`/tickets/${booking.id}.pdf`, buyer.token))).toEqual([404, 'NOT_FOUND'])
  expect(await codeOf(await get('/tickets/../tickets/x.exe', buyer.token))).toEqual([404, 'NOT_FOUND'])
  expect((await fetch(karcis.url + path, { method: 'POST' })).status).toBe(405)

  // What the organizer asks, and is told: in the list, and in the file.
  await karcis.run(
    'mutation ($input: SetQuestionsInput!) { setQuestions(input: $input) { title questions { text } } }',
    {
      input: {
        eventId,
        questions: [{ text: 'Food?', kind: 'CHOICE', required: true, options: ['All', 'No meat'] }],
      },
    },
    organizer.token,
  )
  const SAY = 'mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { attendee { name } } }'
  const say = (answer: string) =>
    karcis.attempt(
      SAY,
      { input: { ticketId: own.id, name: 'Wati', answers: [{ question: 'Food?', answer }] } },
      buyer.token,
    )
  expect((await say('Stones')).errors?.[0]?.extensions?.fields).toMatchObject([
    { path: 'input.answers.0.answer' },
  ])
  expect((await say('No meat')).errors).toBeUndefined()
  const COME = `query ($id: ID!) { attendees(eventId: $id) {
    edges { node { name ticket { attendee { name answers { question answer } } } } } } }`
  expect((await karcis.run(COME, { id: eventId }, organizer.token)).attendees.edges).toEqual([
    {
      node: {
        name: 'Budi',
        ticket: { attendee: { name: 'Wati', answers: [{ question: 'Food?', answer: 'No meat' }] } },
      },
    },
  ])
  const { exportAttendees: file } = await karcis.run(
    'mutation ($id: ID!) { exportAttendees(eventId: $id) { url } }',
    { id: eventId },
    organizer.token,
  )
  expect(await (await get(file.url)).text()).toMatch(
    /"Attendee","Food\?","Other answers"\r\n.*"Wati","No meat",""\r\n$/,
  )

  const URLS = 'query ($id: ID!) { ticket(id: $id) { pdfUrl calendarUrl passUrl googleWalletUrl } }'
  const { ticket: links } = await karcis.run(URLS, { id: own.id }, buyer.token)
  expect(links).toMatchObject({ passUrl: null, googleWalletUrl: null })
  expect((await get(links.pdfUrl)).status).toBe(200)
  expect(await codeOf(await get(links.pdfUrl.replace('.pdf', 'A.pdf')))).toEqual([404, 'NOT_FOUND'])

  // The event for anybody's calendar, and all that the buyer has tickets for, to subscribe to.
  const { event: open } = await karcis.run('query ($id: ID!) { event(id: $id) { calendarUrl } }', {
    id: eventId,
  })
  const anybodys = await get(open.calendarUrl)
  expect(Object.fromEntries(anybodys.headers)).toMatchObject({
    'content-type': 'text/calendar; charset=utf-8',
    'cache-control': 'public, max-age=300',
  })
  expect(await anybodys.text()).toContain(`UID:${eventId}@events.karcis`)
  const { calendarFeed: feed } = await karcis.run('{ calendarFeed { url(language: EN) } }', {}, buyer.token)
  const subscribed = await get(feed.url)
  expect(subscribed.headers.get('cache-control')).toBe('private, no-cache')
  expect((await subscribed.text()).replaceAll('\r\n ', '')).toMatch(
    /\r\nDESCRIPTION:When: [^\r]*Front\\, Row A\\, Seat 9/,
  )
  for (const [path, response] of [
    [open.calendarUrl, anybodys],
    [feed.url, subscribed],
  ]) {
    const etag = response.headers.get('etag') as string
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const again = await get(path, undefined, { 'if-none-match': known })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect((await get(path, undefined, { 'if-none-match': '"x"' })).status).toBe(200)
  }
  for (const wrong of [
    `/calendar/${booking.id}.ics`,
    '/calendar/x',
    feed.url.replace(/feed\/...../, 'feed/AAAAA'),
    '/calendar/feed/x.ics',
  ])
    expect(await codeOf(await get(wrong, buyer.token))).toEqual([404, 'NOT_FOUND'])
  expect((await fetch(karcis.url + feed.url, { method: 'POST' })).status).toBe(405)

  await karcis.run(
    'mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { status } }',
    { id: own.id, email: friend.email },
    buyer.token,
  )
  expect(await codeOf(await get(links.pdfUrl))).toEqual([410, 'TICKET_INVALID'])
  expect(await codeOf(await get(path, buyer.token))).toEqual([410, 'TICKET_INVALID'])
  expect(await (await get(links.calendarUrl)).text()).toContain('STATUS:CANCELLED')
  expect(await (await get(feed.url)).text()).not.toContain('BEGIN:VEVENT')
  const [{ node: theirs }] = (
    await karcis.run('{ myTickets { edges { node { id pdfUrl } } } }', {}, friend.token)
  ).myTickets.edges
  expect((await get(theirs.pdfUrl)).status).toBe(200)
  // What was paid stands with who has paid.
  const nothing = { booking: null, unitPrice: null, currency: null }
  expect(await soldAs(theirs.id, friend.token)).toMatchObject(nothing)
  const { updatedAt, ...after } = await soldAs(own.id, buyer.token)
  expect(after).toEqual({ ...sold, updatedAt: undefined })
  expect(Date.parse(updatedAt)).toBeGreaterThan(Date.parse(sold.updatedAt))
}
