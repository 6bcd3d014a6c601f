import { serveTasks } from '@karcis/kit/workers/thread'
import { compareSync, hashSync } from 'bcryptjs'

/** One piece of work; `secret` is what is left of a password after the pre-hash. */
export type PasswordTask = { secret: string } & (
  | { kind: 'hash'; cost: number }
  | { kind: 'verify'; hash: string }
)

serveTasks((task: PasswordTask): string | boolean =>
  task.kind === 'hash' ? hashSync(task.secret, task.cost) : compareSync(task.secret, task.hash),
)
