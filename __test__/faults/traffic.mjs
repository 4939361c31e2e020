// Bytes that hosts send, by the port of the program that does.

import { command } from './command.mjs'

/** Counts, from now on, the bytes of IP packets that hosts send from or to these ports, over UDP and TCP. */
export async function countTraffic(network, ports) {
  const rules = ports.flatMap((port) =>
    [`th dport ${port}`, `th sport ${port} th dport != ${port}`].map(
      (what) => `add rule inet traffic output meta l4proto { tcp, udp } ${what} counter comment "${port}"`,
    ),
  )
  const lines = [
    'add table inet traffic',
    'delete table inet traffic',
    'add table inet traffic',
    'add chain inet traffic output { type filter hook output priority 0; }',
    ...rules,
  ]
  for (const name of network.names) await nft(network, name, ['-f', '-'], `${lines.join('\n')}\n`)
}

/** Bytes that all hosts have sent, by port. */
export async function trafficByPort(network) {
  const sum = {}
  for (const name of network.names) {
    const listed = JSON.parse(await nft(network, name, ['-j', 'list', 'table', 'inet', 'traffic']))
    for (const { rule } of listed.nftables) {
      if (rule === undefined) continue
      const { bytes } = rule.expr.find((part) => part.counter !== undefined).counter
      sum[rule.comment] = (sum[rule.comment] ?? 0) + bytes
    }
  }
  return sum
}

function nft(network, name, args, input) {
  const [program, ...words] = network.on(name)
  return command(program, [...words, 'nft', ...args], input)
}
