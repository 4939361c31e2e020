import { execFileSync } from 'node:child_process'

import { afterAll, describe, expect, test } from 'vitest'

import { ENTRY, complaintOf, numberedKeys, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const KEYS = numberedKeys(200)

function routed(content: string | Uint8Array, name = 'ring.yaml', flags: string[] = []): string {
  const { code, text, stderr } = run(
    ['ring', 'route', '--ring', files.write(name, content), ...flags, '--keys', '-'],
    KEYS,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return text
}

function refused(content: string | Uint8Array): string {
  files.write('bad.yaml', content)
  return complaintOf(['ring', 'route', '--ring', 'bad.yaml', 'k'], 2, '', files.path)
}

describe('what it holds', () => {
  test('the same as --nodes', () => {
    const plain = run(['ring', 'route', '--nodes', 'a,b,c', '--keys', '-'], KEYS).text
    expect(routed('nodes: [a, b, c]')).toBe(plain)
    expect(routed('nodes:\n  - id: c\n  - a\n  - { id: b, weight: 1 }\n')).toBe(plain)
    expect(routed('{\n\t"nodes": ["a", "b", {"id": "c"}]\n}\n', 'ring.json')).toBe(plain)
    expect(routed('\uFEFFnodes: [a, b, c]\r\n')).toBe(plain)
    const counted = run(
      ['ring', 'route', '--nodes', 'a,b,c', '--virtual-nodes', '7', '--hash', 'sha256', '--keys', '-'],
      KEYS,
    )
    expect(routed('virtual_node_count: 7\nhash_function: sha256\nnodes: [a, b, c]')).toBe(counted.text)
  })

  test('every field', () => {
    const full = `
virtual_node_count: 32
hash_function: xxhash64
hash_seed: 7
replication_factor: 2
routable_statuses: [alive, leaving]
zone_aware: true
nodes:
  - id: a
    address: 10.0.0.1:7000
    weight: 0.5
    zone: east
    status: leaving
    capabilities: &both [read, write]
    metadata: { rack: r1, __proto__: x }
  - { id: b, zone: east, capabilities: *both }
  - { id: c, zone: west, status: suspected }
`
    const lines = routed(full, 'full.yaml', ['--replicas', '3']).trim().split('\n')
    expect(new Set(lines.map((line) => line.split('\t')[1]))).toEqual(new Set(['a,b', 'b,a']))
  })

  test('weights', () => {
    const owners = routed('nodes: [{ id: a, weight: 99 }, { id: b, weight: 1 }]').match(/\ta$/gm)
    expect(owners!.length).toBeGreaterThan(180)
  })

  test('a seed keeps all its 64 bits, as a number and as a text', () => {
    const seeded = (seed: string) => routed(`hash_seed: ${seed}\nnodes: [a, b, c, d, e]`)
    expect(seeded('18446744073709551615')).toBe(seeded('"18446744073709551615"'))
    expect(seeded('18446744073709551615')).not.toBe(seeded('18446744073709551614'))
    expect(seeded('9007199254740993')).not.toBe(seeded('9007199254740992'))
    expect(seeded('0xff')).toBe(seeded('255'))
    expect(seeded('0')).toBe(routed('nodes: [a, b, c, d, e]'))
  })

  test.skipIf(process.platform === 'win32')('from a pipe', () => {
    const script = `echo 'nodes: [a]' | '${process.execPath}' '${ENTRY}' ring route --ring /dev/stdin k`
    expect(execFileSync('sh', ['-c', script]).toString()).toBe('k\ta\n')
  })
})

describe('mistakes, each with its line', () => {
  test.each<[string, string]>([
    ['', 'bad.yaml: the file is empty; it must have nodes'],
    ['# nothing\n', 'bad.yaml: the file is empty; it must have nodes'],
    ['[a, b]', 'bad.yaml: the file is a list; it must be a mapping'],
    ['zone_aware: true', 'bad.yaml: nodes is missing; it must be a list'],
    ['nodes: a', 'bad.yaml:1: nodes is "a"; it must be a list'],
    ['nodes:\n  - a\n  - 5\n', 'bad.yaml:3: nodes[1] is 5; it must be an id, or a mapping with an id'],
    ['nodes:\n  - { zone: b }\n', 'bad.yaml:2: nodes[0] has no id'],
    ['nodes:\n  - id: 7\n', 'bad.yaml:2: nodes[0].id is 7; it must be a text (quote it)'],
    [
      'nodes:\n  - a\n  - id: b\n    weight: "2"\n',
      'bad.yaml:4: nodes[1].weight is "2"; it must be a number',
    ],
    ['nodes:\n  - id: b\n    zone:\n', 'bad.yaml:3: nodes[0].zone is empty; it must be a text'],
    [
      'nodes:\n  - id: b\n    metadata: { x: 1 }\n',
      'bad.yaml:3: nodes[0].metadata.x is 1; it must be a text (quote it)',
    ],
    ['nodes:\n  - a\n  - b\n  - a\n', 'bad.yaml:4: nodes[2] has the id "a", which nodes[0] has already'],
    ['zone_aware: yes\nnodes: [a]', 'bad.yaml:1: zone_aware is "yes"; it must be true or false'],
    [
      'nodes: [a]\nhash_seed: 1.5',
      'bad.yaml:2: hash_seed is 1.5; it must be a whole number from 0 to 18446744073709551615',
    ],
    [
      'hash_seed: 18446744073709551616\nnodes: [a]',
      'bad.yaml:1: hash_seed is 18446744073709551616; it must be',
    ],
    ['nodes: [a]\nhash_seed: 1\nhash_function: sha256', 'bad.yaml:2: hash_seed goes with "xxhash64" only'],
    [
      'virtual_node_count: 0\nnodes: [a]',
      'bad.yaml:1: virtual_node_count is 0; it must be a whole number from 1',
    ],
    ['\nhash_function: md5\nnodes: [a]', 'bad.yaml:2: hash_function "md5" does not exist'],
    [
      'nodes: [a]\nroutable_statuses: [ded]',
      'bad.yaml:2: status "ded" does not exist; it must be one of alive,',
    ],
    ['nodes: [a]\nroutable_statuses: []', 'bad.yaml:2: routable_statuses has 0 entries'],
    ['nodes:\n  - a\n  - id: b\n    weight: -2\n', 'bad.yaml:3: nodes[1]: weight is -2; it must be'],
    ['nodes:\n  - a\n  - id: b\n    status: ded\n', 'bad.yaml:3: nodes[1]: status "ded" does not exist'],
    ['nodes: ["a\\nb"]', 'bad.yaml:1: nodes[0]: node id "a\\nb" has the control character U+000A'],
    [
      'virtual_node_count: 65536\nnodes:\n  - id: a\n    weight: 1000\n',
      'bad.yaml:2: the ring would have 65536000 points',
    ],
    ['nodes: [a\n', 'bad.yaml:2: '],
    ['nodes: [a]\n---\nnodes: [b]\n', 'bad.yaml:2: a second document begins; the file must have one'],
    ['nodes: [a]\nnodes: [b]\n', 'bad.yaml:2: Map keys must be unique'],
    ['nodes: [!secret a]', 'bad.yaml:1: Unresolved tag: !secret'],
    ['nodes: [*x]', 'bad.yaml:1: Unresolved alias'],
    ['nodes: &x [*x]', 'bad.yaml:1: nodes[0] is a list'],
    ['['.repeat(100_000), 'bad.yaml:1: nested too deeply'],
    ['? { x: 1 }\n: 2\n', 'bad.yaml:1: unknown key "(a key that is no text)"'],
    ['"\\e[31m": 2\n', 'bad.yaml:1: unknown key "\\u001b[31m"'],
  ])('%#: %.40j', (content, message) => {
    expect(refused(content).slice(0, message.length)).toBe(message)
  })

  test('an unknown key is named with the known ones', () => {
    expect(refused('nodes:\n  - id: a\n    wieght: 2\n')).toBe(
      'bad.yaml:3: unknown key "wieght" in nodes[0]; known are id, address, weight, zone, status, ' +
        'capabilities, metadata',
    )
    expect(refused('node: [a]\n')).toBe(
      'bad.yaml:1: unknown key "node"; known are nodes, virtual_node_count, hash_function, hash_seed, ' +
        'replication_factor, routable_statuses, zone_aware',
    )
  })

  test('not UTF-8, too large, a bomb of aliases', () => {
    expect(refused(Buffer.from([0x6e, 0xff]))).toBe('the ring file "bad.yaml" is not UTF-8')
    expect(refused(Buffer.alloc((16 << 20) + 1, ' '))).toBe(
      'the ring file "bad.yaml" is larger than 16,777,216 bytes',
    )
    const levels = Array.from({ length: 12 }, (_, level) => {
      return `l${level + 1}: &l${level + 1} [${Array(10)
        .fill(level === 0 ? 'x' : `*l${level}`)
        .join(', ')}]`
    })
    expect(refused(levels.join('\n'))).toMatch(/^bad\.yaml:1: unknown key "l1"/)
    const lists = levels.map((line) => line.replace(/^\w+: /, '')).join(', ')
    const bomb = `nodes:\n  - id: a\n    capabilities: [${lists}]`
    expect(refused(bomb)).toBe('bad.yaml:3: nodes[0].capabilities[0] is a list; it must be a text')
  })
})

test('a ring in which no node may answer fails while running', () => {
  const dead = files.write('dead.yaml', 'nodes: [{ id: a, status: dead }]')
  const empty = files.write('empty.yaml', 'nodes: []')
  for (const command of ['route', 'explain', 'analyze']) {
    expect(complaintOf(['ring', command, '--ring', dead, 'k'], 1)).toMatch(
      /^no node can answer: 1 in the ring/,
    )
    expect(complaintOf(['ring', command, '--ring', empty, 'k'], 1)).toMatch(/^the ring is empty/)
  }
})
