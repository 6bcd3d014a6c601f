import { spawn } from 'node:child_process'
import { ROOT } from './paths.ts'

/** How a command ended, and everything it printed. */
export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

/** Runs a command to its end and keeps what it prints; one that could not be started has failed too. In the repository's root, with our environment, unless said otherwise. */
export function runCommand(
  file: string,
  args: readonly string[],
  { cwd = ROOT, env = process.env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: error.message }))
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}
