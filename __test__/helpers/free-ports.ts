/** Ports for nodes that have to know each other's before they start. */

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** Ports of loopback that were free a moment ago, for datagrams and for streams. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = await freePort()
    if (port !== undefined) ports.add(port)
  }
  return [...ports]
}

async function freePort(): Promise<number | undefined> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const socket = createSocket('udp4')
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => resolve(true))
  })
  socket.close()
  await new Promise((resolve) => server.close(resolve))
  return isFree ? port : undefined
}
