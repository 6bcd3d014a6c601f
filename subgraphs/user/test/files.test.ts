import { crc32, deflateSync } from 'node:zlib'
import { imageFilePath, imageWidths } from '@karcis/kit/contracts/files'
import { eventually } from '@karcis/testkit/eventually'
import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import { tell } from '@karcis/testkit/ask'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { withMutant } from '@karcis/testkit/mutants'
import { NOBODY } from '@karcis/testkit/people'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { finishUpload } from '../src/domain/files/finish-upload.ts'
import { createS3Storage } from '../src/domain/files/storage/s3-storage.ts'
import type { Storage } from '../src/domain/files/storage/storage.ts'
import { sweepUploads } from '../src/domain/files/sweep-uploads.ts'
import { useUpload } from '../src/domain/files/use-upload.ts'
import { announce, type FileStory, put, read, STORAGES, send } from './file-stories.ts'
import { PASSWORD, type Person } from './stories.ts'

const FINISH =
  'mutation ($id: ID!) { finishUpload(id: $id) { id state purpose image { url placeholder width height } } }'
const SET_AVATAR = 'mutation ($uploadId: ID) { setAvatar(uploadId: $uploadId) { id avatarUrl } }'

const finish = (person: Person, id: string) => person.ask(FINISH, { id })

/** A picture of a place, as a telephone makes it: lying on its side, and with where it was. */
const photo = (width: number, height: number): Promise<Buffer> =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#a33',
      noise: { type: 'gaussian', mean: 120, sigma: 30 },
    },
  })
    .withExif({
      IFD0: { Make: 'Telephone' },
      IFD3: {
        GPSLatitude: '6/1 12/1 0/1',
        GPSLatitudeRef: 'S',
        GPSLongitude: '106/1 49/1 0/1',
        GPSLongitudeRef: 'E',
      },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG of one colour that says to be of one size and unpacks to another. */
function png(said: readonly [number, number], held: number): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(said[0], 0)
  head.writeUInt32BE(said[1], 4)
  head[8] = 8
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(held))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
)

describe.each(Object.entries(STORAGES))('files in %s', (name, start) => {
  let story: FileStory
  let siti: Person
  let jpeg: Buffer

  beforeAll(async () => {
    story = await start()
    siti = await story.signUp('Siti')
    jpeg = await photo(60, 40)
  })

  afterAll(() => story[Symbol.asyncDispose]())

  /** Sizes are made beside: what is kept stays as it is once they are. */
  beforeEach(() =>
    eventually(async () => {
      const unsized = await story.sql(`SELECT FROM uploads WHERE state = 'READY' AND sized_at IS NULL`)
      if (unsized.length > 0) throw new Error('sizes are still made')
    }),
  )

  it('takes a photograph, turned upright and without where it was, and makes its sizes', async () => {
    const id = await send(story, siti, 'EVENT_IMAGE', 'image/jpeg', await photo(400, 300))
    const { data } = await finish(siti, id)
    const { image } = data.finishUpload
    expect(data.finishUpload).toMatchObject({ id, state: 'READY', purpose: 'EVENT_IMAGE' })
    expect(image).toMatchObject({ width: 300, height: 400 })
    expect(image.placeholder).toMatch(/^data:image\/webp;base64,[A-Za-z0-9+/=]{40,600}$/)

    const [, , key = ''] = image.url.split('/')
    expect(image.url).toBe(`/files/${key}/300`)
    const pathOf = (width: number, format: 'avif' | 'webp' | 'jpg') => imageFilePath({ key, width, format })
    const atOnce = await read(story, pathOf(192, 'avif'))
    expect(atOnce.status).toBe(200) // the picture stands in for its size
    await eventually(async () =>
      expect((await read(story, pathOf(300, 'jpg'))).headers.get('cache-control')).toContain('immutable'),
    )
    const kept = await story.kept()
    for (const width of imageWidths(300))
      for (const format of ['avif', 'webp', 'jpg'] as const) {
        expect(kept).toContain(`pictures/${key}/${width}.${format}`)
        const { body, headers } = await read(story, pathOf(width, format))
        const seen = await sharp(body).metadata()
        expect([seen.width, seen.exif, seen.icc]).toEqual([width, undefined, undefined])
        expect(headers.get('content-type')).toBe(
          { avif: 'image/avif', webp: 'image/webp', jpg: 'image/jpeg' }[format],
        )
      }
    expect(kept.filter((path) => path.startsWith('incoming/'))).toEqual([])
    expect((await read(story, pathOf(500, 'jpg'))).status).toBe(404)
    expect(
      (await read(story, imageFilePath({ key: 'A'.repeat(43), width: 300, format: 'jpg' }))).status,
    ).toBe(404)
  })

  it('refuses what is not awaited, before anything is sent', async () => {
    const refused = async (input: object, path: string) => {
      const { code, facts } = await announce(siti, {
        purpose: 'AVATAR',
        contentType: 'image/png',
        size: 10,
        ...input,
      })
      expect([code, facts.fields[0].path]).toEqual(['BAD_USER_INPUT', path])
    }
    await refused({ contentType: 'image/svg+xml' }, 'input.contentType')
    await refused({ contentType: 'image/gif' }, 'input.contentType')
    await refused({ purpose: 'PROPOSAL_DOCUMENT' }, 'input.contentType')
    await refused({ size: 10_000_001 }, 'input.size')
    await refused({ size: 0 }, 'input.size')
    expect((await story.anybody(FINISH, { id: newId() })).code).toBe('UNAUTHENTICATED')
    const { data } = await announce(siti, { purpose: 'AVATAR', contentType: 'image/png', size: 10 })
    expect((await finish(siti, data.createUpload.id)).code).toBe('CONFLICT') // nothing has come
  })

  it('takes by a link only what was announced, and only while it is good', async () => {
    const before = await story.kept()
    const { data } = await announce(siti, { purpose: 'AVATAR', contentType: 'image/jpeg', size: jpeg.length })
    const { createUpload: upload } = data
    const refused = async (changed: object, body: Uint8Array, headers = {}) => {
      const { status } = await put(story, { ...upload, ...changed }, body, headers)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(await story.kept()).toEqual(before)
    }
    await refused({}, jpeg.subarray(0, -1))
    await refused({}, Buffer.concat([jpeg, jpeg]))
    await refused({}, jpeg, { 'content-type': 'image/png' })
    const signature = /(?<=Signature=)[^&]+$|(?<=\.)[\w-]+$/
    await refused({ url: upload.url.replace(signature, (text: string) => text.replace(/./g, '0')) }, jpeg)
    await refused(
      { url: upload.url.replace(upload.id, newId()) },
      upload.url.startsWith('/') ? jpeg.subarray(1) : jpeg,
    )
    expect((await put(story, upload, jpeg)).status).toBe(200)
    expect((await finish(siti, upload.id)).data.finishUpload.state).toBe('READY')
  })

  const HOSTILE: Record<string, { type: string; purpose?: string; bytes: () => Buffer | Promise<Buffer> }> = {
    'a GIF that is a script': {
      type: 'image/png',
      bytes: () => Buffer.from('GIF89a/*\0\0\0*/=1;alert(document.domain)//'),
    },
    'a picture with a script behind its end': {
      type: 'image/jpeg',
      bytes: () => Buffer.concat([jpeg, Buffer.from('<script>alert(1)</script>')]),
    },
    'a picture that is a ZIP archive': {
      type: 'image/jpeg',
      bytes: () => Buffer.concat([jpeg, Buffer.from('PK\x03\x04 and so on PK\x05\x06'), Buffer.alloc(18)]),
    },
    'an archive that hides in what a camera may write': {
      type: 'image/jpeg',
      bytes: () => Buffer.concat([jpeg, jpeg, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
    },
    'an SVG with a script, called a PNG': {
      type: 'image/png',
      bytes: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    },
    'a JPEG, called a PNG': { type: 'image/png', bytes: () => jpeg },
    'a PNG of 50,000 × 50,000 pixels': {
      type: 'image/png',
      bytes: () => png([50_000, 50_000], 30_000_000), // the head is true; the rest of it would be more of the same
    },
    'a PNG that unpacks to more than it says': {
      type: 'image/png',
      bytes: () => png([100, 100], 30_000_000),
    },
    'a PNG that says more than it unpacks to': {
      type: 'image/png',
      bytes: () => png([4_000, 4_000], 100_000),
    },
    'half a picture': { type: 'image/jpeg', bytes: () => jpeg.subarray(0, jpeg.length / 2) },
    'a picture of nothing but its head': {
      type: 'image/jpeg',
      bytes: () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
    },
    'a document that is a page': {
      type: 'application/pdf',
      purpose: 'PROPOSAL_DOCUMENT',
      bytes: () =>
        Buffer.concat([Buffer.from('%PDF-1.4\n<html><script>alert(1)</script></html>\n'), PDF.subarray(9)]),
    },
    'a page that is a document': {
      type: 'application/pdf',
      purpose: 'PROPOSAL_DOCUMENT',
      bytes: () => Buffer.concat([Buffer.from('<html></html>'), PDF]),
    },
    'a document with an archive behind it': {
      type: 'application/pdf',
      purpose: 'PROPOSAL_DOCUMENT',
      bytes: () => Buffer.concat([PDF, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
    },
  }

  // What is looked at are the same bytes wherever they lie: in the second storage a picture and a document stand for all.
  const tried = Object.entries(HOSTILE).filter(
    ([what]) => name === 'a folder' || what === 'half a picture' || what === 'a document that is a page',
  )

  it.each(tried)('refuses %s, and nothing of it is left', async (_what, hostile) => {
    const before = await story.kept()
    const id = await send(story, siti, hostile.purpose ?? 'AVATAR', hostile.type, await hostile.bytes())
    expect(await story.kept()).toContain(`incoming/${id}`)
    const { code, facts } = await finish(siti, id)
    expect([code, facts.fields?.[0].path]).toEqual(['BAD_USER_INPUT', 'id'])
    expect(await story.kept()).toEqual(before)
    expect((await finish(siti, id)).code).toBe('NOT_FOUND')
  })

  it('refuses what is longer than was announced, however it came', async () => {
    const before = await story.kept()
    const { data } = await announce(siti, {
      purpose: 'AVATAR',
      contentType: 'image/jpeg',
      size: jpeg.length - 1,
    })
    const { id } = data.createUpload
    await story.subgraph.deps.storage?.put(`incoming/${id}`, jpeg, 'image/jpeg') // by a bucket that takes what it is not to
    expect((await finish(siti, id)).code).toBe('BAD_USER_INPUT')
    expect(await story.kept()).toEqual(before)
  })

  it('is finished once, however many do it at once, and never by another', async () => {
    const budi = await story.signUp()
    const id = await send(story, siti, 'AVATAR', 'image/jpeg', jpeg)
    expect((await finish(budi, id)).code).toBe('NOT_FOUND')
    expect((await budi.ask(SET_AVATAR, { uploadId: id })).code).toBe('NOT_FOUND')
    const answers = await Promise.all(Array.from({ length: 5 }, () => finish(siti, id)))
    const [first] = answers
    for (const { data } of answers) expect(data).toEqual(first?.data)
    expect((await finish(siti, id)).data).toEqual(first?.data)
    const [, , key] = first?.data.finishUpload.image.url.split('/') ?? []
    await eventually(async () =>
      expect((await story.kept()).filter((path) => path.includes(key))).toHaveLength(4),
    )
    expect((await story.kept()).filter((path) => path.includes(id))).toEqual([])
  })

  it('keeps a profile picture as long as it is one', async () => {
    const dewi = await story.signUp()
    const first = await send(story, dewi, 'AVATAR', 'image/jpeg', jpeg)
    const { data } = await dewi.ask(SET_AVATAR, { uploadId: first })
    expect(data.setAvatar.avatarUrl).toMatch(/^\/files\/[\w-]{43}\/40$/)
    expect((await dewi.ask(SET_AVATAR, { uploadId: first })).data).toEqual(data) // done again
    const banner = await send(story, dewi, 'PROPOSAL_BANNER', 'image/jpeg', jpeg)
    const { code, facts } = await dewi.ask(SET_AVATAR, { uploadId: banner })
    expect([code, facts.fields[0].path]).toEqual(['BAD_USER_INPUT', 'uploadId'])

    const second = await send(story, dewi, 'AVATAR', 'image/png', await sharp(jpeg).png().toBuffer())
    await dewi.ask(SET_AVATAR, { uploadId: second })
    await story.sql(
      `UPDATE uploads SET touched_at = now() - interval '25 hours' WHERE owner_id = '${dewi.id}'`,
    )
    await sweepUploads.run(story.subgraph.deps, {})
    const states = await story.sql<{ id: string; state: string }>(
      `SELECT id::text AS id, state::text AS state FROM uploads WHERE owner_id = '${dewi.id}'`,
    )
    expect(Object.fromEntries(states.map(({ id, state }) => [id, state]))).toEqual({
      [first]: 'GONE',
      [banner]: 'GONE',
      [second]: 'READY',
    })
    expect((await dewi.ask(SET_AVATAR, { uploadId: null })).data.setAvatar.avatarUrl).toBeNull()
  })

  it('erases what somebody has sent, and has it in what they are given of themselves', async () => {
    const tono = await story.signUp()
    const before = await story.kept()
    await tono.ask(SET_AVATAR, { uploadId: await send(story, tono, 'AVATAR', 'image/jpeg', jpeg) })
    await send(story, tono, 'AVATAR', 'image/jpeg', jpeg)
    const picture = await send(story, tono, 'EVENT_IMAGE', 'image/jpeg', jpeg)
    const [eventId, ask] = [newId(), story.askAs(tono.viewer, 'event')]
    const { data } = await ask(
      'mutation ($uploadId: ID!, $eventId: ID!) { useEventImage(uploadId: $uploadId, eventId: $eventId) { key } }',
      { uploadId: picture, eventId },
    )
    const { findPersonalData } = await import('../src/domain/data-exports/data-export-store.ts')
    const part = JSON.parse(await findPersonalData(story.subgraph.deps.db, tono.id))
    expect(
      part.files.map(({ purpose, state }: { purpose: string; state: string }) => [purpose, state]),
    ).toEqual([
      ['AVATAR', 'READY'],
      ['AVATAR', 'PENDING'],
      ['EVENT_IMAGE', 'READY'],
    ])
    await eventually(async () =>
      expect(
        await story.sql(`SELECT FROM uploads WHERE owner_id = '${tono.id}' AND sized_at IS NOT NULL`),
      ).toHaveLength(2),
    )
    const ERASE = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }'
    expect((await tono.ask(ERASE, { id: tono.id, input: { password: PASSWORD } })).errors).toEqual([])
    const { key } = data.useEventImage
    await eventually(async () =>
      expect(
        (await story.kept()).filter((path) => !before.includes(path)).every((path) => path.includes(key)),
      ).toBe(true),
    )
    expect((await story.kept()).filter((path) => path.includes(key))).toHaveLength(4) // it is the event's
  })
})

describe('files that are used while', () => {
  let story: FileStory
  let siti: Person
  let jpeg: Buffer
  const finishing = (id: string) => ({
    uploadId: id,
    ownerId: siti.id,
    purpose: 'AVATAR' as const,
    path: 'id',
  })

  beforeAll(async () => {
    story = await (STORAGES['a folder'] as () => Promise<FileStory>)()
    siti = await story.signUp('Siti')
    jpeg = await photo(60, 40)
  })

  afterAll(() => story[Symbol.asyncDispose]())

  /** A file that nothing has used for longer than it may lie here. */
  async function unused(): Promise<string> {
    const id = await send(story, siti, 'AVATAR', 'image/jpeg', jpeg)
    await finish(siti, id)
    await story.sql(`UPDATE uploads SET touched_at = now() - interval '2 days' WHERE id = '${id}'`)
    return id
  }

  /** Sweeps while somebody begins to use a file, and before they are done. @returns what became of both. */
  async function sweepBesideUse(id: string) {
    const { deps } = story.subgraph
    const [begun, swept] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const using = transaction(deps.db, async (tx) => {
      await useUpload(tx, finishing(id), `user:${siti.id}`)
      begun.resolve()
      await Promise.race([swept.promise, untilBlocked(tx, 1)]) // the sweep is through, or stands behind us
    })
    await begun.promise
    const sweeping = sweepUploads.run(deps, {}).finally(swept.resolve)
    const [use, sweep] = await Promise.allSettled([using, sweeping])
    const [row] = await story.sql(`SELECT state::text AS state FROM uploads WHERE id = '${id}'`)
    return { use: use.status, sweep: sweep.status, state: row?.state }
  }

  it('they are about to be swept, stay: a sweep passes by what is locked, and a use refers to what is ready', async () => {
    expect(await sweepBesideUse(await unused())).toEqual({
      use: 'fulfilled',
      sweep: 'fulfilled',
      state: 'READY',
    })

    const withoutPassing = () =>
      withMutant(story.subgraph.deps, ['FOR UPDATE SKIP LOCKED'], async () => sweepBesideUse(await unused()))
    expect(await withoutPassing()).toEqual({ use: 'fulfilled', sweep: 'rejected', state: 'READY' })

    await story.sql('ALTER TABLE upload_uses DROP CONSTRAINT upload_uses_of_ready')
    expect(await withoutPassing()).toEqual({ use: 'fulfilled', sweep: 'fulfilled', state: 'GONE' }) // lost
    await story.sql(`DELETE FROM upload_uses`)
    await story.sql(`ALTER TABLE upload_uses ADD CONSTRAINT upload_uses_of_ready
      FOREIGN KEY (upload_id, upload_state) REFERENCES uploads (id, state)`)
  })

  it('another is sent by the same link, are one of the two, and of the other nothing is left', async () => {
    const other = await sharp(jpeg).negate().jpeg().toBuffer()
    /** Of two who finish one upload, the second comes with another file, while the first is about to keep theirs. @returns whose are kept. */
    async function finishTwice() {
      const { deps } = story.subgraph
      const before = new Set(await story.kept())
      const id = await send(story, siti, 'AVATAR', 'image/jpeg', jpeg)
      await story.sql(`UPDATE uploads SET size = ${Math.max(jpeg.length, other.length)} WHERE id = '${id}'`)
      const padded = (bytes: Buffer) =>
        Buffer.concat([bytes, Buffer.alloc(Math.max(jpeg.length, other.length) - bytes.length)])
      const storage = deps.storage as Storage
      const second = { ...deps, storage: { ...storage, get: async () => padded(other) } }
      let isFirst = true
      const first = {
        ...deps,
        storage: {
          ...storage,
          get: async () => padded(jpeg),
          async put(key: string, bytes: Uint8Array, type: string) {
            if (isFirst) await finishUpload(second, finishing(id)).catch(() => undefined)
            isFirst = false
            await storage.put(key, bytes, type)
          },
        },
      }
      await finishUpload(first, finishing(id))
      const [row] = await story.sql(`SELECT key FROM uploads WHERE id = '${id}'`)
      const kept = (await story.kept()).filter((path) => !before.has(path) && path.endsWith('master.webp'))
      return { kept: kept.length, named: kept.some((path) => path.includes(row?.key)) }
    }
    expect(await finishTwice()).toEqual({ kept: 1, named: true })
    const mutant = () =>
      withMutant(story.subgraph.deps, ['key IS NULL OR key =', 'true OR key ='], finishTwice)
    expect(await mutant()).toEqual({ kept: 2, named: true }) // one that nothing names
  })

  it('a sweep is broken off, are gone after the next', async () => {
    const { deps } = story.subgraph
    const id = await unused()
    const [{ key } = {}] = await story.sql(`SELECT key FROM uploads WHERE id = '${id}'`)
    const storage = deps.storage as Storage
    let removed = 0
    const remove = async (path: string) => {
      removed += 1
      if (removed > 3) throw new Error('killed')
      await storage.remove(path)
    }
    await expect(sweepUploads.run({ ...deps, storage: { ...storage, remove } }, {})).rejects.toThrow('killed')
    expect((await finish(siti, id)).code).toBe('NOT_FOUND') // nobody uses what is half gone
    await sweepUploads.run(deps, {})
    expect((await story.kept()).filter((path) => path.includes(key))).toEqual([])
    await story.sql(
      `UPDATE uploads SET url_expires_at = now() - interval '1 hour', touched_at = now() - interval '1 hour' WHERE id = '${id}'`,
    )
    await sweepUploads.run(deps, {})
    expect(await story.sql(`SELECT FROM uploads WHERE id = '${id}'`)).toEqual([])
  })

  it('an event shows them, stay until it says that it does not', async () => {
    const [eventId, first, second] = [newId(), await unused(), await unused()]
    await story.sql(`UPDATE uploads SET purpose = 'EVENT_IMAGE' WHERE id IN ('${first}', '${second}')`)
    const use = (uploadId: string, service: 'event' | 'router' = 'event') =>
      story.askAs(siti.viewer, service)(
        'mutation ($uploadId: ID!, $eventId: ID!) { useEventImage(uploadId: $uploadId, eventId: $eventId) { key width } }',
        { uploadId, eventId },
      )
    expect((await use(first, 'router')).code).toBe('FORBIDDEN')
    expect((await use(first)).data.useEventImage).toMatchObject({ width: 40 })
    let version = 0
    const changed = (imageUploadId: string | null | undefined, status = 'APPROVED') => {
      version += 1
      const payload = {
        id: eventId,
        organizerId: siti.id,
        title: 'Malam Nusantara',
        status,
        startsAt: '2027-01-01T12:00:00Z',
        endsAt: '2027-01-01T14:00:00Z',
        currency: 'IDR',
        timezone: 'Asia/Jakarta',
        version,
        ...(imageUploadId !== undefined && { imageUploadId }),
      }
      return tell(story.subgraph, 'event', { type: 'event.changed', aggregateId: eventId, payload })
    }
    const uses = async () =>
      (
        await story.sql(`SELECT upload_id::text AS id, confirmed_at IS NOT NULL AS said FROM upload_uses
        WHERE used_by = 'event:${eventId}' ORDER BY upload_id`)
      ).map(({ id, said }) => [id, said])
    expect(await uses()).toEqual([[first, false]])
    await changed(first)
    await use(second)
    await changed(first) // told of before the second was chosen
    expect(await uses()).toEqual([
      [first, true],
      [second, false],
    ])
    await changed(undefined) // by a process that knows of no pictures
    expect(await uses()).toHaveLength(2)
    await changed(second)
    expect(await uses()).toEqual([[second, true]])
    await changed(null, 'DELETED')
    expect(await uses()).toEqual([])
    // What was announced and never said to be is forgotten.
    await use(first)
    await story.sql(`UPDATE upload_uses SET created_at = now() - interval '8 days'`)
    await sweepUploads.run(story.subgraph.deps, {})
    expect(await uses()).toEqual([])
  })

  it('a proposal has them, are seen by its applicant and by admins, and go with it', async () => {
    const [dewi, admin] = [await story.signUp(), await story.admin()]
    const bannerUploadId = await send(story, dewi, 'PROPOSAL_BANNER', 'image/jpeg', jpeg)
    const documentUploadId = await send(story, dewi, 'PROPOSAL_DOCUMENT', 'application/pdf', PDF)
    const SUBMIT = `mutation ($input: SubmitOrganizerProposalInput!) {
      submitOrganizerProposal(input: $input) { id banner { url(width: 100) } documentUrl } }`
    const input = { name: 'Dewi Live', category: 'Music', description: 'Concerts', location: 'Jakarta' }
    const stolen = {
      ...input,
      documentUploadId: await send(story, siti, 'PROPOSAL_DOCUMENT', 'application/pdf', PDF),
    }
    expect((await dewi.ask(SUBMIT, { input: stolen })).code).toBe('NOT_FOUND')
    const { data } = await dewi.ask(SUBMIT, { input: { ...input, bannerUploadId, documentUploadId } })
    const { id, banner, documentUrl } = data.submitOrganizerProposal
    expect(banner.url).toMatch(/^\/files\/[\w-]{43}\/40$/)
    const { status, headers, body } = await read(story, documentUrl)
    expect([status, headers.get('content-type'), body.equals(PDF)]).toEqual([200, 'application/pdf', true])
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="karcis-[\w-]+\.pdf"$/)
    expect((await read(story, documentUrl.replace(/.\.pdf$/, '_.pdf').replace('__', '_A'))).status).toBe(404)
    const ONE = 'query ($id: ID!) { organizerProposal(id: $id) { documentUrl } }'
    expect((await admin.ask(ONE, { id })).data.organizerProposal.documentUrl).toMatch(/^\/documents\//)
    expect((await siti.ask(ONE, { id })).code).toBe('FORBIDDEN')
    await story.sql(`DELETE FROM organizer_proposals WHERE id = '${id}'`)
    expect(await story.sql(`SELECT FROM upload_uses WHERE used_by = 'proposal:${id}'`)).toEqual([])
  })

  it('an organizer shows them, stay as long as that is so', async () => {
    const admin = await story.admin()
    const imageUploadId = await send(story, admin, 'ORGANIZER_IMAGE', 'image/jpeg', jpeg)
    const UPDATE = `mutation ($input: UpdateOrganizerProfileInput!) {
      updateOrganizerProfile(input: $input) { about image { width url } } }`
    const update = async (input: object) => (await admin.ask(UPDATE, { input })).data.updateOrganizerProfile
    const uses = () => story.sql(`SELECT FROM upload_uses WHERE used_by = 'organizer:${admin.id}'`)
    expect((await update({ imageUploadId })).image).toMatchObject({ width: 40 })
    expect(await update({ about: 'Concerts' })).toMatchObject({ about: 'Concerts', image: { width: 40 } })
    expect(await uses()).toHaveLength(1)
    expect(await update({ imageUploadId: null })).toEqual({ about: 'Concerts', image: null })
    expect(await uses()).toHaveLength(0)
  })

  it('the storage is away, are refused with a word when to try again, and /health says so', async () => {
    const id = await send(story, siti, 'AVATAR', 'image/jpeg', jpeg)
    expect(await story.get('/internal/storage')).toEqual({ problem: null })
    const { deps } = story.subgraph
    const { storage, intake } = createBrokenStorage(deps.log)
    const kept = { storage: deps.storage, intake: deps.intake }
    Object.assign(deps, { storage, intake })
    const { code, facts } = await finish(siti, id)
    expect([code, facts.retryAfterSeconds]).toEqual(['SERVICE_UNAVAILABLE', 5])
    expect((await story.get('/internal/storage')).problem).toBe(
      'The bucket of files does not answer as it should.',
    )
    Object.assign(deps, { storage: null, intake: null })
    expect((await announce(siti, { purpose: 'AVATAR', contentType: 'image/png', size: 9 })).code).toBe(
      'CONFLICT',
    )
    Object.assign(deps, kept)
    expect((await finish(siti, id)).data.finishUpload.state).toBe('READY')
  })

  it('too many of them wait for nothing, are refused', async () => {
    const hoarder = await story.signUp()
    const one = () => announce(hoarder, { purpose: 'AVATAR', contentType: 'image/png', size: 9 })
    const answers = await Promise.all(Array.from({ length: 24 }, one))
    expect(answers.filter(({ code }) => code === 'LIMIT_EXCEEDED')).toHaveLength(4)
  })
})

/** A bucket at which nobody is. */
const createBrokenStorage = (log: Logger) => ({
  storage: createS3Storage(
    { endpoint: NOBODY, region: 'us-east-1', bucket: 'nothing', accessKeyId: 'a', secretAccessKey: 'b' },
    log,
  ),
  intake: null,
})
