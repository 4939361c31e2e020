import { afterAll, describe, expect, test } from 'vitest'

import { FIVE, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const ring = files.write(
  'ring.yaml',
  `zone_aware: true
nodes:
  - { id: node1, zone: east }
  - { id: node2, zone: east }
  - { id: node3, zone: west, status: dead }
  - { id: node4, zone: west }
  - node5
`,
)

interface Shown {
  id: string
  token: string
  reason?: string
  zone?: string
}

interface Explained {
  key: string
  token: string
  point: { token: string; node: string; virtualNode: number }
  owner: string
  home: string
  replicas: Shown[]
  skipped: Shown[]
}

function explained(...args: string[]): Explained {
  const { code, text, stderr } = run(['ring', 'explain', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(text) as Explained
}

describe('as an object', () => {
  test('tokens are texts of digits', () => {
    const answer = explained(...FIVE, 'user:42')
    expect(answer).toMatchObject({
      key: 'user:42',
      token: '15861654238046376386',
      owner: 'node5',
      home: 'node5',
    })
    expect(answer.point).toEqual({ token: '15894004122491339274', node: 'node5', virtualNode: 77 })
    expect(answer.replicas.map(({ id }) => id)).toEqual(['node5', 'node2', 'node4'])
    expect(answer.replicas.every(({ token }) => /^\d+$/.test(token))).toBe(true)
    expect(answer.skipped).toEqual([])
  })

  test('owner and replicas are those of route', () => {
    for (const key of ['a', 'b', '', 'ü']) {
      const { owner, replicas } = explained('--ring', ring, '--replicas', '4', key)
      const routed = run(['ring', 'route', '--ring', ring, '--replicas', '4', '--', key]).text
      expect(routed).toBe(`${key}\t${replicas.map(({ id }) => id).join(',')}\n`)
      expect(replicas[0]!.id).toBe(owner)
    }
  })

  test('the replication factor of the file is the default', () => {
    const two = files.write('two.json', '{"replication_factor": 2, "nodes": ["a", "b", "c"]}')
    expect(explained('--ring', two, 'k').replicas).toHaveLength(2)
    expect(explained('--ring', two, '--replicas', '3', 'k').replicas).toHaveLength(3)
  })
})

describe('in words', () => {
  test('token, point, owner and replicas', () => {
    expect(run(['ring', 'explain', ...FIVE, 'user:42']).text).toBe(`key         "user:42"
token       0xdc1fea7da8d2d1c2 (15861654238046376386)
decided by  0xdc92d88a13b0c20a (15894004122491339274)
            virtual node 77 of node5, the hash of "node5:77"
owner       node5

replicas
  1  node5  alive  0xdc92d88a13b0c20a, virtual node 77
  2  node2  alive  0xdcfe38bcf1091a02, virtual node 53
  3  node4  alive  0xdd0df90157077477, virtual node 115
`)
  })

  test('the home, and the nodes that were passed over', () => {
    expect(explained('--ring', ring, 'key:4')).toMatchObject({ home: 'node3', owner: 'node5' })
    expect(run(['ring', 'explain', '--ring', ring, 'key:4']).text).toBe(`key         "key:4"
token       0x5d353f6fbd4ba084 (6716344168442732676)
decided by  0x5d6c9e4fb5ea8433 (6731929608203699251)
            virtual node 99 of node5, the hash of "node5:99"
owner       node5
home        node3, which would answer if all nodes were well

replicas
  1  node5  no zone    alive  0x5d6c9e4fb5ea8433, virtual node 99
  2  node2  zone east  alive  0x5dc1d8d7e4083606, virtual node 33
  3  node4  zone west  alive  0x5fd2f3fd86f6c0a2, virtual node 129

skipped
  node3  0x5d37928af41e3373  virtual node 4  its status, dead, may not answer
  node1  0x5deba9a2ad1b290f  virtual node 5  its zone, east, has a replica already
`)
  })

  test('a key beyond the last point', () => {
    const wraps = 'past the end of the ring and around to its beginning'
    const texts = ['a', 'g'].map(
      (key) => run(['ring', 'explain', '--nodes', 'n', '--virtual-nodes', '1', key]).text,
    )
    expect(texts.map((text) => text.includes(wraps))).toEqual([true, false])
  })

  test('a key cannot steer the terminal', () => {
    const { text } = run(['ring', 'explain', '--nodes', 'n', '\u001b[31m\u009b\u202e'])
    expect(text).toMatch(/^key +"\\u001b\[31m\\u009b\\u202e"$/m)
  })
})
