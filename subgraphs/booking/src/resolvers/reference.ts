import { idSchema } from '@karcis/kit/validate'
import type DataLoader from 'dataloader'

/** What an entity reference stands for; null for what is not even an id. */
export const loadReference = <Value>(
  loader: DataLoader<string, Value | null>,
  id: string,
): Promise<Value | null> => (idSchema.safeParse(id).success ? loader.load(id) : Promise.resolve(null))
