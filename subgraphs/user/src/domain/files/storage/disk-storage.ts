import { createWriteStream } from 'node:fs'
import { access, constants, mkdir, open, rename, rm, rmdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileUploadPath } from '@karcis/kit/contracts/files'
import { ServiceUnavailable } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import { createSignedUrls } from '@karcis/kit/signed-urls'
import { z } from 'zod'
import { PICTURES, type Storage, TooLong } from './storage.ts'

const claims = z.object({ key: z.string(), contentType: z.string(), size: z.int() })

/** What a link lets somebody send. */
export type SentFile = z.infer<typeof claims>

/** A folder of this machine, which also takes what clients send. */
export interface DiskStorage extends Storage {
  /** What may be sent by a link, which stands behind its folder; null when it is no link of ours, or its time is over. */
  announced(token: string): SentFile | null
  /** Keeps what is sent, once all of it is there. @throws TooLong, CutShort when it is not of the size that was announced. */
  receive(file: SentFile, body: Readable): Promise<void>
}

/** Less came than was announced. */
export class CutShort extends Error {}

/** Below this nothing is taken any more: a full disk would stop all that is on it. */
const MIN_FREE_BYTES = 200_000_000

/** @param secret the same in every process that uses the folder, which all of them see. */
export function createDiskStorage(folder: string, secret: string, log: Logger): DiskStorage {
  const links = createSignedUrls(secret, 'uploads', claims)
  const pathOf = (key: string): string => join(folder, key)

  /** Of what the disk says, only that a file is not there is no outage. */
  async function orNothing<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await work
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw away(error)
    }
  }

  function away(error: unknown): Error {
    if (error instanceof TooLong || error instanceof CutShort) return error
    noteOutage(log, 'storage', error instanceof Error ? error.message : String(error))
    return new ServiceUnavailable('Files cannot be kept or read just now. Try again.', 5)
  }

  /** Written beside its place and moved there: nobody reads half a file. */
  async function place(key: string, write: (path: string) => Promise<void>): Promise<void> {
    const [path, draft] = [pathOf(key), pathOf(`drafts/${newId()}`)]
    await mkdir(dirname(draft), { recursive: true })
    await mkdir(dirname(path), { recursive: true })
    try {
      await write(draft)
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  return {
    async signUpload({ key, contentType, size, expiresAt }) {
      const url = fileUploadPath(links.sign({ key, contentType, size }, expiresAt))
      return { url, method: 'PUT', headers: { 'content-type': contentType } }
    },

    announced: (token) => links.read(token),

    async receive({ key, size }, body) {
      await place(key, async (path) => {
        let came = 0
        await pipeline(
          body,
          async function* bounded(chunks: AsyncIterable<Buffer>) {
            for await (const chunk of chunks) {
              came += chunk.length
              if (came > size) throw new TooLong()
              yield chunk
            }
            if (came < size) throw new CutShort()
          },
          createWriteStream(path, { flush: true }),
        )
      }).catch((error: unknown) => {
        throw away(error)
      })
    },

    async put(key, bytes) {
      await place(key, async (path) => {
        await using file = await open(path, 'wx')
        await file.writeFile(bytes)
        await file.sync()
      }).catch((error: unknown) => {
        throw away(error)
      })
    },

    get: (key, mostBytes) =>
      orNothing(
        (async () => {
          await using file = await open(pathOf(key), 'r')
          if ((await file.stat()).size > mostBytes) throw new TooLong()
          return await file.readFile()
        })(),
      ),

    async remove(key) {
      await orNothing(rm(pathOf(key)))
      // The folder of a picture goes with the last of its sizes: nothing comes into it any more.
      if (key.startsWith(PICTURES)) await rmdir(dirname(pathOf(key))).catch(() => undefined)
    },

    async problem() {
      try {
        await mkdir(folder, { recursive: true })
        await access(folder, constants.R_OK | constants.W_OK)
        if (!(await stat(folder)).isDirectory()) return 'The folder of files is none.'
        const { bavail, bsize } = await statfs(folder)
        return bavail * bsize < MIN_FREE_BYTES ? 'There is hardly any room left for files.' : null
      } catch {
        return 'The folder of files cannot be written.'
      }
    },
  }
}
