import type { Logger } from '@karcis/kit/log'
import type { UserSettings } from '../../../env.ts'
import { createDiskStorage, type DiskStorage } from './disk-storage.ts'
import { createS3Storage } from './s3-storage.ts'
import type { Storage } from './storage.ts'

/** Where files are kept, by what is set: a bucket, a folder, or nowhere. */
export function chooseStorage(
  settings: UserSettings,
  log: Logger,
): { storage: Storage | null; intake: DiskStorage | null } {
  const {
    FILES_ENDPOINT: endpoint,
    FILES_BUCKET: bucket,
    FILES_ACCESS_KEY_ID: accessKeyId,
    FILES_SECRET_ACCESS_KEY: secretAccessKey,
  } = settings
  if (endpoint && bucket && accessKeyId && secretAccessKey) {
    const { FILES_PUBLIC_ENDPOINT: publicEndpoint, FILES_REGION: region } = settings
    const storage = createS3Storage(
      { endpoint, publicEndpoint, region, bucket, accessKeyId, secretAccessKey },
      log,
    )
    return { storage, intake: null }
  }
  if (settings.FILES_FOLDER) {
    const intake = createDiskStorage(settings.FILES_FOLDER, settings.SERVICE_SECRET, log)
    return { storage: intake, intake }
  }
  log.warn('no files are taken: neither FILES_FOLDER nor a bucket (FILES_ENDPOINT and others) is set')
  return { storage: null, intake: null }
}
