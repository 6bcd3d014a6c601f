import { readFileSync, renameSync } from 'node:fs'

/**
 * The moments between two steps of a sale at which a process may end, as `saga/what has just been done`. The model of the sale
 * (docs/model/sale.pml) names each of them, and no others.
 */
export const FAULT_POINTS = [
  // booking
  'create-booking/claimed',
  'create-booking/kept',
  'create-booking/written',
  'start-payment/written',
  'start-payment/started',
  'start-payment/noted',
  'take-notification/written',
  'settle-payment/asked',
  'settle-payment/cancelled',
  'settle-payment/written',
  'confirm-payment/written',
  'issue-tickets/issued',
  'issue-tickets/noted',
  'refund-booking/decided',
  'request-refund/written',
  'decide-refund/decided',
  'refund-tickets/ended',
  'refund-tickets/written',
  'refund-event/decided',
  'refund-event/noted',
  'send-refund/sent',
  'send-refund/noted',
  'expire-booking/written',
  'cancel-booking/written',
  'release-booking/released',
  'release-booking/noted',
  'cancel-tickets/cancelled',
  'cancel-tickets/released',
  'cancel-tickets/noted',
  // ticket
  'bind-hold/bound',
  'take-places/taken',
  'convert-hold/converted',
  'end-hold/asked',
  'end-hold/ended',
  'end-tickets/ended',
] as const

/** The same for what becomes of a person who is erased, and of what they asked to have of it all, subgraph by subgraph: before the commit, and after it. */
export const PERSON_FAULT_POINTS = [
  // user
  'erase-account/emptied',
  'erase-account/written',
  'collect-export/asked',
  'collect-export/kept',
  'collect-export/ready',
  // event
  'forget-organizer/noted',
  'forget-organizer/written',
  // ticket
  'forget-owner/noted',
  'forget-owner/written',
  // booking
  'forget-buyer/noted',
  'forget-buyer/written',
] as const

export type FaultPoint = (typeof FAULT_POINTS)[number] | (typeof PERSON_FAULT_POINTS)[number]

type Reached = (point: FaultPoint) => Promise<void> | void

/** Null unless somebody looks for faults: then a fault point is one look at this. */
let reached: Reached | null = fromEnvironment(process.env)

/** Between two steps: nothing, unless a fault is to happen here. */
export const faultPoint = (point: FaultPoint): Promise<void> | void => reached?.(point)

/** For tests, within one process: `fn` runs whenever a fault point is reached, and what follows waits for it. */
export function whenReached(fn: Reached): Disposable {
  const before = reached
  reached = fn
  return {
    [Symbol.dispose]() {
      reached = before
    },
  }
}

/**
 * KARCIS_FAULT_POINT says where this process kills itself: `name`; `name:3`, the third time that it comes there; or `@file`, whenever it
 * comes to a point that the file names, which whoever dies of it takes away first. Never in production, which is also what a process
 * takes itself for that is not told.
 * @throws Error for a name that there is not.
 */
export function fromEnvironment(env: NodeJS.ProcessEnv): Reached | null {
  const wanted = env.KARCIS_FAULT_POINT
  if (!wanted || (env.NODE_ENV !== 'development' && env.NODE_ENV !== 'test')) return null
  if (wanted.startsWith('@')) return takenFrom(wanted.slice(1))
  const [name = '', nth = '1'] = wanted.split(':')
  if (!([...FAULT_POINTS, ...PERSON_FAULT_POINTS] as readonly string[]).includes(name))
    throw new Error(`there is no fault point "${name}"`)
  let left = Number(nth)
  return (point) => {
    if (point === name && --left === 0) kill()
  }
}

function takenFrom(file: string): Reached {
  return (point) => {
    if (read(file) !== point) return
    try {
      renameSync(file, `${file}.done`) // of several processes, one
    } catch {
      return
    }
    kill()
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function kill(): void {
  process.kill(process.pid, 'SIGKILL')
}
