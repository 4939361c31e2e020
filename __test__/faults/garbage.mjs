// Answers everything that comes, over UDP and TCP, with random bytes.

import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [address, port] = process.argv.slice(2)
const BYTES_MAX = 2_000
const garbage = () => randomBytes(1 + Math.floor(Math.random() * BYTES_MAX))

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit())
const datagrams = createSocket('udp4')
datagrams.on('message', (_, from) => {
  process.stdout.write('asked\n')
  // One that is too large for the path is lost, as others are.
  datagrams.send(garbage(), from.port, from.address, () => undefined)
})
const streams = createServer((stream) => {
  stream.on('error', () => undefined)
  stream.on('data', () => {
    process.stdout.write('asked\n')
    stream.write(garbage())
  })
})
datagrams.bind(Number(port), address)
streams.listen(Number(port), address, () => process.stdout.write('listening\n'))
// Ends with whoever began it.
process.stdin.on('end', () => process.exit()).resume()
