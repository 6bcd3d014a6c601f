import { expect } from 'vitest'
import { signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

/** A black square of 8 × 8 pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAADElEQVR42mNgGB4AAADIAAGTvaWOAAAAAElFTkSuQmCC',
  'base64',
)
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')

const CREATE =
  'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { id url method headers { name value } } }'

async function send(karcis: Karcis, token: string, purpose: string, contentType: string, bytes: Buffer) {
  const input = { purpose, contentType, size: bytes.length }
  const { createUpload } = await karcis.run(CREATE, { input }, token)
  const { id, url, method, headers } = createUpload
  const response = await fetch(new URL(url, karcis.url), {
    method,
    headers: headers.map(({ name, value }: { name: string; value: string }) => [name, value]),
    body: new Uint8Array(bytes),
  })
  expect(response.status).toBe(200)
  return { id, url: new URL(url, karcis.url) }
}

/** a picture is sent past GraphQL, shown with its event in the form that a browser takes, and kept by it. */
export async function pictureStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { id: imageUploadId, url } = await send(karcis, organizer.token, 'EVENT_IMAGE', 'image/png', PICTURE)
  const { createCategory } = await karcis.run(
    'mutation { createCategory(input: { name: "Music" }) { id } }',
    {},
    admin,
  )
  const day = 86_400_000
  const input = {
    title: 'A night with a picture',
    categoryId: createCategory.id,
    online: true,
    startsAt: new Date(Date.now() + 7 * day),
    endsAt: new Date(Date.now() + 7.1 * day),
  }
  const ADD = `mutation ($input: CreateEventInput!) { createEvent(input: $input) {
    id image { url small: url(width: 4) placeholder width height } } }`
  const budi = await signUpOrganizer(karcis, admin, 'Budi')
  const refused = await karcis.attempt(ADD, { input: { ...input, imageUploadId } }, budi.token)
  expect(refused.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
  const { createEvent } = await karcis.run(ADD, { input: { ...input, imageUploadId } }, organizer.token)
  const { image } = createEvent
  expect(image).toMatchObject({
    width: 8,
    height: 8,
    placeholder: expect.stringMatching(/^data:image\/webp/),
  })
  expect(image.small).toBe(image.url)

  const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, karcis.url), init)
  const asked = async (accept: string) => {
    for (;;) {
      const response = await get(image.url, { headers: { accept } })
      await response.arrayBuffer()
      if (response.headers.get('cache-control')?.includes('immutable')) return response // its size is made
    }
  }
  for (const [accept, type] of [
    ['image/avif,image/webp,*/*;q=0.8', 'image/avif'],
    ['image/avif;q=0,image/webp', 'image/webp'],
    ['*/*', 'image/jpeg'],
  ] as const) {
    const { status, headers } = await asked(accept)
    expect([status, headers.get('content-type'), headers.get('vary')]).toEqual([200, type, 'Accept'])
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const again = await get(image.url, { headers: { accept, 'if-none-match': headers.get('etag') ?? '' } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  }
  const head = await get(`${image.url}.jpg`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'image/jpeg', ''])
  for (const path of [image.url.replace(/8$/, '9'), '/files/nothing', '/files/../files/x/1'])
    expect((await get(path)).status).toBe(404)
  expect((await get(image.url, { method: 'POST', body: 'x' })).status).toBe(405)

  // It is used, so nothing is taken by its link any more; nor by what is no link.
  const put = (to: URL, body: Uint8Array<ArrayBuffer>, type = 'image/png') =>
    fetch(to, { method: 'PUT', headers: { 'content-type': type }, body })
  expect((await put(url, new Uint8Array(PICTURE))).status).toBe(404)
  expect((await put(new URL('/files/uploads/x.y', karcis.url), new Uint8Array(PICTURE))).status).toBe(404)
  const { checks } = (await (await get('/health')).json()) as { checks: { storage: unknown } }
  expect(checks.storage).toEqual({ status: 'ok' })

  const CHANGE = 'mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { image { url } } }'
  const { updateEvent } = await karcis.run(
    CHANGE,
    { input: { id: createEvent.id, imageUploadId: null } },
    organizer.token,
  )
  expect(updateEvent.image).toBeNull()

  const siti = await signUp(karcis, 'Siti')
  const { id: documentUploadId } = await send(karcis, siti.token, 'PROPOSAL_DOCUMENT', 'application/pdf', PDF)
  const SUBMIT =
    'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { documentUrl } }'
  const proposal = { name: 'Siti Live', category: 'Music', description: 'Concerts', location: 'Jakarta' }
  const submitted = await karcis.run(SUBMIT, { input: { ...proposal, documentUploadId } }, siti.token)
  const document = await get(submitted.submitOrganizerProposal.documentUrl)
  expect(document.headers.get('content-disposition')).toMatch(/^attachment; /)
  expect(Buffer.from(await document.arrayBuffer()).equals(PDF)).toBe(true)
}
