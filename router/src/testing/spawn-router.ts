import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { INHERITED } from '@karcis/testkit/process'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The program, as a process of its own. */
export interface RouterProcess extends AsyncDisposable {
  pid: number
  /** Where it serves, once it is ready; rejects with its output when it ends before that. */
  url: Promise<string>
  exit: Promise<number | null>
  /** The process itself has ended; its workers may still write to its output. */
  killed: Promise<unknown>
  kill(signal: NodeJS.Signals): void
  /** Process ids of all workers that have ever been ready. */
  workers(): number[]
}

/** @param env all of its environment but PATH. */
export function spawnRouter(args: string[], env: NodeJS.ProcessEnv = {}): RouterProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: { ...INHERITED, DRAIN_SECONDS: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'close').then(([code]) => code as number | null)
  let said = ''
  const ready = () =>
    [...said.matchAll(/"pid":(\d+),"url":"([^"]+)","msg":"ready"/g)].map(([, pid, url]) => ({
      pid: Number(pid),
      url: String(url),
    }))
  const url = new Promise<string>((resolve, reject) => {
    const collect = (chunk: unknown): void => {
      said += String(chunk)
      const own = ready().find(({ pid }) => pid === child.pid)
      if (own) resolve(own.url)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    void exit.then(() => reject(new Error(said)))
  })
  url.catch(() => undefined) // reported to whoever waits for it
  return {
    pid: child.pid ?? 0,
    url,
    exit,
    killed: once(child, 'exit'),
    kill: (signal) => void child.kill(signal),
    workers: () => ready().flatMap(({ pid }) => (pid === child.pid ? [] : [pid])),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL') // workers end with it
      await exit
    },
  }
}
