import type { ProcessSpec } from './supervised-process.ts'
import { SupervisedProcess } from './supervised-process.ts'

export interface SupervisorOptions {
  /** In the order in which they are stopped; they are started the other way round. */
  readonly processes: readonly (readonly ProcessSpec[])[]
  readonly log: (name: string, line: string) => void
  /** Told the ids whenever one of them changes. */
  readonly onPids?: (pids: Record<string, number>) => void
  /** Ends everything when it aborts, also in the middle of the start. */
  readonly signal?: AbortSignal
}

/** A running set of processes. */
export interface Supervisor extends AsyncDisposable {
  /** The id of each process that runs now. */
  pids(): Record<string, number>
  /** Stops group after group; the members of a group together. */
  stop(): Promise<void>
}

/**
 * Starts group after group, a group's members at once, and resolves when every process is ready; if one
 * fails, none is left running.
 */
export async function supervise({ processes, log, onPids, signal }: SupervisorOptions): Promise<Supervisor> {
  const pids = () =>
    Object.fromEntries(
      all.flatMap(({ spec, pid }): [string, number][] => (pid === undefined ? [] : [[spec.name, pid]])),
    )
  const groups = processes.map((group) =>
    group.map(
      (spec) =>
        new SupervisedProcess(
          spec,
          (line) => log(spec.name, line),
          () => onPids?.(pids()),
        ),
    ),
  )
  const all = groups.flat()
  const killAll = () => {
    for (const supervised of all) supervised.kill()
  }
  process.once('exit', killAll)
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= stopInOrder(groups).finally(() => process.off('exit', killAll)))
  signal?.addEventListener('abort', () => void stop())
  try {
    for (const group of groups.toReversed()) {
      await Promise.all(group.map((supervised) => supervised.start()))
      signal?.throwIfAborted()
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { pids, stop, [Symbol.asyncDispose]: stop }
}

async function stopInOrder(groups: readonly (readonly SupervisedProcess[])[]): Promise<void> {
  for (const group of groups) await Promise.all(group.map((supervised) => supervised.stop()))
}
