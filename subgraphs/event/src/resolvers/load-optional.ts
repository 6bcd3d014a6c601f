import type DataLoader from 'dataloader'

/** What a reference that may be empty points to. */
export const loadOptional = <T>(
  loader: DataLoader<string, T | null>,
  id: string | null,
): Promise<T | null> | null => (id === null ? null : loader.load(id))
