import { z } from 'zod'

/** What a client makes up to name one attempt. */
export const idempotencyKeySchema = z
  .string()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')
