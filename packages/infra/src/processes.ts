import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const LEFTOVER_LIMIT_MS = 15_000

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

/**
 * What tells a process from every other that has or will have its id: when it began. '' when it is gone.
 * Only to be compared with what this machine gave before.
 */
export function birthOf(pid: number): string {
  try {
    // Behind the command in parentheses, which may contain anything: the 20th field is the start, in ticks since the machine's.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    // No /proc (macOS), or no such process: ask ps.
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], {
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
  const birth = birthOf(pid)
  const isStill = () => isAlive(pid) && birthOf(pid) === birth
  send(pid, signal)
  for (let waited = 0; isStill() && waited < LEFTOVER_LIMIT_MS; waited += 50) await sleep(50)
  if (isStill()) send(pid, 'SIGKILL')
}

/** It may be gone by now. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
