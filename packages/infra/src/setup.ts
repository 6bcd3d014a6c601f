import { randomInt } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A problem that the person at the terminal can fix: shown as one line, without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

const listenOnce = (port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      server.close(() => resolve(bound))
    })
  })

/** Below those that systems give to outgoing connections and to whoever listens on port 0 (Linux 32768, others 49152): nobody is given one of these by chance before it is listened on. */
const CHOSEN_PORTS = { from: 12_000, to: 32_000 }

/** A loopback port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    try {
      return await listenOnce(randomInt(CHOSEN_PORTS.from, CHOSEN_PORTS.to), '127.0.0.1')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** Fails with one clear line when `port` is taken; `setting` names what the person can change. */
export async function assertPortFree(port: number, what: string, setting: string, host = '127.0.0.1') {
  try {
    await listenOnce(port, host)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new SetupError(
        `Port ${port}, needed for ${what}, is in use: stop what uses it, or set ${setting}.`,
      )
    }
    throw new SetupError(`Port ${port}, needed for ${what}, cannot be opened (${code}): set ${setting}.`)
  }
}

/** A directory that is gone, with all that is in it, when it is disposed of. */
export interface TemporaryDirectory extends Disposable {
  readonly path: string
}

/** Open to other accounts for reading, because a server that runs as one of them has its data below. */
export function temporaryDirectory(prefix: string): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
