import { createServer } from 'node:http'
import { WORKLOADS } from './catalogue.ts'

/**
 * The least that a node:http server can do: read a body and answer bytes that it already has.
 * usage: node bare-http.ts <port> <pages>
 */
const [port, pages] = process.argv.slice(2).map(Number)
const known = new Map<string, Buffer>()
for (const { query, data } of WORKLOADS) {
  for (let page = 0; page < (pages ?? 0); page++) {
    const body = JSON.stringify({ query, variables: { page } })
    known.set(body, Buffer.from(JSON.stringify({ data: data(page) })))
  }
}
const NOTHING = Buffer.from('{"errors":[{"message":"unknown"}]}')

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = known.get(String(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))) ?? NOTHING
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
}).listen(port, '127.0.0.1')
