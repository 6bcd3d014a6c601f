import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { KarcisError } from '@karcis/kit/errors'

/** Gives what a root field is to be answered with. @throws KarcisError for what the caller is to be refused with. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test knows which variables its own operations have
type Answer = (variables: any) => unknown

/** Stands where another process of the system would, and answers the operations that a test is not about. */
export interface StandIn extends AsyncDisposable {
  readonly url: string
}

/** @param answers by root field; each operation has one. Others are refused, as by a process that does not know them. */
export async function createStandIn(answers: Readonly<Record<string, Answer>>): Promise<StandIn> {
  async function answer(body: { query: string; variables?: unknown }): Promise<object> {
    const field = /\{\s*(\w+)/.exec(body.query)?.[1] ?? ''
    try {
      const give = answers[field]
      if (!give) throw new KarcisError('BAD_USER_INPUT', `There is no ${field}.`)
      return { data: { [field]: await give(body.variables ?? {}) } }
    } catch (error) {
      const { code, message, facts } = error as KarcisError
      return { errors: [{ message, extensions: { code, ...facts } }] }
    }
  }
  const server = createServer((request, response) => {
    if (request.method === 'GET') return void response.end() // asked whether it lives (peer-breaker.ts of the kit)
    void json(request)
      .then((body) => answer(body as { query: string }))
      .then((body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
