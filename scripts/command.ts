import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './paths.ts'

/** How a command ended, and everything it printed. */
export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

/** Runs one of the project's tools (a name in node_modules/.bin) and keeps what it prints. */
export function runTool(name: string, args: readonly string[]): Promise<Outcome> {
  return run(join(ROOT, 'node_modules/.bin', name), args)
}

/** Runs one of our own scripts and keeps what it prints. */
export function runScript(script: string, args: readonly string[]): Promise<Outcome> {
  const flags = ['--disable-warning=ExperimentalWarning', join(ROOT, script)]
  return run(process.execPath, [...flags, ...args])
}

function run(file: string, args: readonly string[]): Promise<Outcome> {
  // The tools are started by name through `env node`, so the pinned Node has to come first.
  const PATH = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
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
