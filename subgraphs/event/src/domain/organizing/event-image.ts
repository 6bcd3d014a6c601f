import { type StoredImage, USE_EVENT_IMAGE, usedEventImage } from '@karcis/kit/contracts/files'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'

/**
 * Has an event show what the viewer has sent. The user subgraph keeps it for a week without `event.changed` saying that it does.
 * @throws NotFound, Conflict, BadUserInput as the user subgraph finds; ServiceUnavailable
 */
export async function useImage(
  { clients }: Pick<Deps, 'clients'>,
  viewer: Viewer,
  uploadId: string,
  eventId: string,
): Promise<StoredImage> {
  if (!clients.user) throw new ServiceUnavailable()
  return usedEventImage.parse(await clients.user.query(USE_EVENT_IMAGE, { uploadId, eventId }, viewer)).image
}
