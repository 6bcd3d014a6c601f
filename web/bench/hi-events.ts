import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from '@karcis/infra/setup'
import { startChild } from '../../bench/router/child.ts'
import { askPlatform } from './platform.ts'

/** What of an event both front ends show. */
interface Content {
  event: {
    title: string
    slug: string
    description: string
    startsAt: string
    endsAt: string
    timezone: string
    image: { large: string; width: number; height: number } | null
    venue: { name: string; address: string; city: string } | null
    organizer: { name: string }
    ticketTypes: { name: string; price: number; currency: string; quota: number }[]
  }
}

const CONTENT = `query ($slug: String!) { event(slug: $slug) {
  title slug description startsAt endsAt timezone
  image { large: url(width: 1280) width height }
  venue { name address city } organizer { name }
  ticketTypes { name price currency quota }
} }`

/**
 * Hi.Events' front end with an event of ours, its API answered here in its own form.
 * @param folder `frontend/` of its repository, built by its own commands (docs/web.md). @param origin of our platform, which has the event.
 * @returns the address of its page.
 */
export async function startHiEvents(
  stack: AsyncDisposableStack,
  folder: string,
  origin: string,
  slug: string,
): Promise<string> {
  const content = await askPlatform<Content>(origin, CONTENT, { slug })
  const body = JSON.stringify({ data: theirs(content, origin) })
  const api = createServer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
      .end(body)
  })
  const [apiPort, port] = [await freePort(), await freePort()]
  await once(api.listen(apiPort, '127.0.0.1'), 'listening')
  stack.defer(() => {
    api.close()
    api.closeAllConnections()
  })
  const apiUrl = `http://localhost:${apiPort}`
  // It reads its build from where it is started, and its port from its arguments.
  const start = `process.chdir(${JSON.stringify(folder)}); await import(${JSON.stringify(pathToFileURL(join(folder, 'server.js')).href)})`
  const urls = {
    VITE_API_URL_SERVER: apiUrl,
    VITE_API_URL_CLIENT: apiUrl,
    VITE_FRONTEND_URL: `http://localhost:${port}`,
  }
  stack.use(
    await startChild(port, ['--input-type=module', '-e', start], { ...urls, NODE_PORT: String(port) }),
  )
  return `http://localhost:${port}/event/1/${slug}`
}

/** An event as Hi.Events' API gives it to whoever looks at it, with all of its types of tickets on sale. */
function theirs({ event }: Content, origin: string): object {
  const { image, venue } = event
  const place = venue && { venue_name: venue.name, address_line_1: venue.address, city: venue.city }
  const products = event.ticketTypes.map(({ name, price, quota }, at) => ({
    id: at + 1,
    title: name,
    type: 'PAID',
    product_type: 'TICKET',
    price,
    prices: [
      {
        id: at + 1,
        price,
        price_including_taxes_and_fees: price,
        is_available: true,
        quantity_remaining: quota,
      },
    ],
    min_per_order: 1,
    max_per_order: 10,
    is_available: true,
    is_sold_out: false,
    quantity_available: quota,
    status: 'ACTIVE',
  }))
  return {
    id: 1,
    title: event.title,
    slug: event.slug,
    description: `<p>${event.description}</p>`,
    start_date: event.startsAt,
    end_date: event.endsAt,
    timezone: event.timezone,
    currency: event.ticketTypes[0]?.currency ?? 'IDR',
    status: 'LIVE',
    lifecycle_status: 'UPCOMING',
    location_details: place,
    organizer: {
      id: 1,
      name: event.organizer.name,
      slug: 'organizer',
      email: '',
      status: 'LIVE',
      images: [],
    },
    images: image
      ? [{ id: 1, type: 'EVENT_COVER', url: origin + image.large, width: image.width, height: image.height }]
      : [],
    settings: { location_details: place, is_online_event: false, price_display_mode: 'INCLUSIVE' },
    product_categories: [{ id: 1, name: 'Tickets', products }],
  }
}
