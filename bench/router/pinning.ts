import { spawnSync } from 'node:child_process'

/** Moves this process, and with it all that it starts from now on, to one core. @returns whether that could be done. */
export function pinTo(core: number): boolean {
  const { status } = spawnSync('taskset', [
    '--all-tasks',
    '--cpu-list',
    '--pid',
    String(core),
    String(process.pid),
  ])
  if (status !== 0) console.log('✗ Nothing is pinned: there is no taskset, or no second core.')
  return status === 0
}
