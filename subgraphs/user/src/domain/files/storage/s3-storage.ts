import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Logger } from '@karcis/kit/log'
import { noteOutage } from '@karcis/kit/outages'
import { AwsClient } from 'aws4fetch'
import { type Storage, TooLong } from './storage.ts'

/** A bucket that speaks S3: SeaweedFS, MinIO, AWS and others. */
export interface S3Settings {
  /** As `https://s3.ap-southeast-3.amazonaws.com`: the bucket stands in the path. */
  endpoint: string
  /** Where clients reach the same; where processes do, unless it is given. */
  publicEndpoint?: string | undefined
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
}

const TIMEOUT_MS = 10_000

/** Another try helps against a connection that was closed, not against a bucket that is away. */
const RETRIES = 1

export function createS3Storage(settings: S3Settings, log: Logger): Storage {
  const { endpoint, publicEndpoint = endpoint, region, bucket, accessKeyId, secretAccessKey } = settings
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: RETRIES })
  const urlAt = (base: string, key = ''): string => `${base}/${bucket}/${key}`

  /** Any answer that is not among the fine ones is an outage: the bucket is away, full, or not set up as it should be. */
  async function ask<T>(
    method: string,
    key: string,
    init: RequestInit,
    fine: readonly number[],
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await client.fetch(urlAt(endpoint, key), { ...init, method, signal })
      if (fine.includes(response.status)) return await read(response)
      await response.body?.cancel()
      throw new Error(`${method} answered ${response.status}`)
    } catch (error) {
      if (error instanceof TooLong) throw error
      noteOutage(log, 'storage', error instanceof Error ? error.message : String(error))
      throw new ServiceUnavailable('Files cannot be kept or read just now. Try again.', 5)
    }
  }

  return {
    async signUpload({ key, contentType, size, expiresAt }) {
      const url = new URL(urlAt(publicEndpoint, key))
      const seconds = Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1000))
      url.searchParams.set('X-Amz-Expires', String(seconds))
      const headers = { 'content-type': contentType }
      // Signed with its length, so that the bucket takes so many bytes of this type and nothing else.
      const signed = await client.sign(url.href, {
        method: 'PUT',
        headers: { ...headers, 'content-length': String(size) },
        aws: { signQuery: true, allHeaders: true },
      })
      return { url: signed.url, method: 'PUT', headers }
    },

    async put(key, bytes, contentType) {
      const headers = { 'content-type': contentType }
      await ask('PUT', key, { headers, body: Buffer.from(bytes) }, [200, 201, 204], unread)
    },

    get: (key, mostBytes) =>
      ask('GET', key, {}, [200, 404], (response) =>
        response.status === 200 ? readUpTo(response, mostBytes) : unread(response),
      ),

    async remove(key) {
      await ask('DELETE', key, {}, [200, 204, 404], unread)
    },

    async problem() {
      try {
        await ask('GET', '?list-type=2&max-keys=1', {}, [200], unread)
        return null
      } catch {
        return 'The bucket of files does not answer as it should.'
      }
    },
  }
}

async function unread(response: Response): Promise<null> {
  await response.body?.cancel()
  return null
}

async function readUpTo({ body }: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > mostBytes) throw new TooLong() // which ends the stream
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
