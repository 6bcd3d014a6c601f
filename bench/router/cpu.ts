import { readFileSync } from 'node:fs'

const CLOCK_TICK_US = 10_000

/** Microseconds of user and system time that a process has used so far; in steps of the kernel's clock. */
export const cpuOf = (pid: number | undefined): number => sumOfTicks(pid, 11, 12)

/** The same with the process's children, those that have ended included. */
export const cpuOfFamily = (pid: number | undefined): number =>
  readProc(pid, `task/${pid}/children`)
    .split(' ')
    .filter(Boolean)
    .reduce((sum, child) => sum + cpuOf(Number(child)), sumOfTicks(pid, 11, 12, 13, 14))

/** Nothing where there is no /proc: the figures that need it are then missing. */
export function readProc(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

/** @param places in `stat`, counted from behind the name, which may have spaces. */
function sumOfTicks(pid: number | undefined, ...places: number[]): number {
  const stat = readProc(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return places.reduce((sum, place) => sum + Number(fields[place]), 0) * CLOCK_TICK_US
}
