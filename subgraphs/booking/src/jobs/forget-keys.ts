import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from '../domain/deps.ts'
import { forgetKeys } from '../domain/idempotency.ts'

/** Each hour: idempotency keys whose time is past. */
export const forgetKeysJob = defineJob({
  name: 'forget-keys',
  schema: z.object({}),
  run: ({ db }: Deps) => forgetKeys(db),
})
