import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { FILE_UPLOADS_FOLDER } from '@karcis/kit/contracts/files'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import type { Answer } from '@karcis/testkit/ask'
import type { Loose } from '@karcis/testkit/gql'
import { tokenOf } from '@karcis/testkit/people'
import { scratchDirectory } from '@karcis/testkit/scratch'
import { type Person, type Story, startStory } from './stories.ts'

/** A user subgraph that keeps files, and what is in its storage. */
export interface FileStory extends Story {
  /** Paths in the storage of all that is kept, sorted. */
  kept(): Promise<string[]>
}

const BUCKET = 'karcis'

/** Each storage that there is, with what it keeps. */
export const STORAGES: Record<string, (overrides?: Record<string, string>) => Promise<FileStory>> = {
  'a folder': async (overrides = {}) => {
    const folder = await mkdtemp(join(scratchDirectory(), 'karcis-files-'))
    const story = await startStory({ FILES_FOLDER: folder, ...overrides })
    return {
      ...story,
      kept: () => filesIn(folder),
      async [Symbol.asyncDispose]() {
        await story[Symbol.asyncDispose]()
        await rm(folder, { recursive: true })
      },
    }
  },
  'a bucket': async (overrides = {}) => {
    const folder = await mkdtemp(join(scratchDirectory(), 'karcis-bucket-'))
    const server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: folder,
      configureBuckets: [{ name: BUCKET, configs: [] }],
    })
    const { port } = await server.run()
    const story = await startStory({
      FILES_ENDPOINT: `http://127.0.0.1:${port}`,
      FILES_BUCKET: BUCKET,
      FILES_ACCESS_KEY_ID: 'S3RVER',
      FILES_SECRET_ACCESS_KEY: 'S3RVER',
      ...overrides,
    })
    return {
      ...story,
      // It writes three files for each object.
      kept: async () =>
        (await filesIn(join(folder, BUCKET))).flatMap(
          (name) => /^(.*)\._S3rver_object$/.exec(name)?.[1] ?? [],
        ),
      async [Symbol.asyncDispose]() {
        await story[Symbol.asyncDispose]()
        await server.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}

const CREATE = `mutation ($input: CreateUploadInput!) {
  createUpload(input: $input) { id url method headers { name value } expiresAt maxBytes }
}`

/** What somebody says that they will send. */
export interface Announcement {
  purpose: string
  contentType: string
  size: number
}

export const announce = (person: Person, input: Announcement): Promise<Answer> =>
  person.ask(CREATE, { input })

/** Sends a file as it was said how; through the router that would be for what is at its own address. */
export async function put(
  story: FileStory,
  upload: Loose,
  body: Uint8Array,
  headers: Record<string, string> = {},
) {
  const isOurs = upload.url.startsWith(FILE_UPLOADS_FOLDER)
  return fetch(isOurs ? `${story.subgraph.url}${upload.url}` : upload.url, {
    method: upload.method,
    headers: {
      ...Object.fromEntries(upload.headers.map(({ name, value }: Loose) => [name, value])),
      ...(isOurs && { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') }),
      ...headers,
    },
    body: Buffer.from(body),
  })
}

/** Announces a file and sends it, of the size that it has. @returns the id of the upload. */
export async function send(
  story: FileStory,
  person: Person,
  purpose: string,
  contentType: string,
  bytes: Uint8Array,
): Promise<string> {
  const { data, errors } = await announce(person, { purpose, contentType, size: bytes.length })
  if (!data?.createUpload) throw new Error(`not announced: ${JSON.stringify(errors)}`)
  const { status } = await put(story, data.createUpload, bytes)
  if (status !== 200) throw new Error(`not taken: ${status}`)
  return data.createUpload.id
}

/** What of a path of the subgraph is given to the router. */
export async function read(story: FileStory, path: string) {
  const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'user') }
  const response = await fetch(`${story.subgraph.url}${path}`, { headers })
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  }
}
