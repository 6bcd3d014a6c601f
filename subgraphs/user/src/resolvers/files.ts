import { imageUrl } from '@karcis/kit/contracts/files'
import { requireAccount, requireService, requireViewer } from '@karcis/kit/viewer'
import { createUpload } from '../domain/files/create-upload.ts'
import { finishUpload } from '../domain/files/finish-upload.ts'
import { imageOf } from '../domain/files/upload-store.ts'
import { setAvatar, useEventImage } from '../domain/files/use-upload.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** Files that people send. */
export const files: Resolvers = {
  Mutation: {
    createUpload: (_, { input }, ctx) => createUpload(ctx.deps, requireAccount(ctx), input),
    finishUpload: (_, { id: uploadId }, ctx) =>
      finishUpload(ctx.deps, { uploadId, ownerId: requireAccount(ctx).id, path: 'id' }),
    setAvatar: (_, { uploadId }, ctx) => setAvatar(ctx.deps, requireAccount(ctx), uploadId ?? null),
    useEventImage: (_, { uploadId, eventId }, ctx) => {
      requireService(ctx, 'event')
      return useEventImage(ctx.deps, requireViewer(ctx), uploadId, eventId)
    },
  },
  StartedUpload: {
    headers: ({ headers }) => Object.entries(headers).map(([name, value]) => ({ name, value })),
  },
  Upload: {
    state: ({ state }) => (state === 'READY' ? 'READY' : 'PENDING'),
    image: (upload) => (upload.state === 'READY' && upload.width !== null ? imageOf(upload) : null),
  },
  Image: {
    url: (image, { width }) => imageUrl(image, width),
  },
}
