import { defineJob } from '@karcis/kit/jobs'
import { z } from 'zod'
import type { Deps } from './domain/deps.ts'
import { forgetSignIns } from './domain/sessions/end-sessions.ts'

const NOTHING = z.object({})

export const forgetSignInsJob = defineJob({
  name: 'forget-sign-ins',
  schema: NOTHING,
  run: (deps: Deps) => forgetSignIns(deps),
})
