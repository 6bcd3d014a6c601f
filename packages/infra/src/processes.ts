import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const exited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Whether a process with this id is there, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The command line of a running process, or '' when it is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    // No /proc (macOS), or no such process: ask ps.
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  } catch {
    return ''
  }
}

/** Signals a child of ours and waits for its end; past the limit it is killed. */
export async function stopChild(child: ChildProcess, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  if (exited(child)) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  await gone
  clearTimeout(timer)
}

/**
 * Ends a process that an earlier, killed run left behind. `belongs` looks at its command line, because
 * by now the id may be somebody else's.
 */
export async function stopLeftover(
  pid: number,
  belongs: (command: string) => boolean,
  signal: NodeJS.Signals,
): Promise<void> {
  if (!isAlive(pid) || !belongs(commandLine(pid))) return
  process.kill(pid, signal)
  for (let waited = 0; isAlive(pid) && waited < 15_000; waited += 50) await sleep(50)
  if (isAlive(pid)) process.kill(pid, 'SIGKILL')
}
