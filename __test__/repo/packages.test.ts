import { describe, expect, test } from 'vitest'
import { packagesForNewerNode, resolvedHosts } from './checkers/packages'
import { source } from './checkers/sources'

describe('the lock file', () => {
  test('names no registry, and .npmrc keeps it so', () => {
    expect(resolvedHosts(source('package-lock.json'))).toEqual([])
    expect(source('.npmrc').text.split('\n')).toContain('omit-lockfile-registry-resolved=true')
  })

  test('has only packages that run on the oldest Node that the project does', () => {
    expect(packagesForNewerNode(source('package-lock.json'))).toEqual([])
  })
})

describe('the checks bite', () => {
  const lock = (packages: object) => ({ path: 'package-lock.json', text: JSON.stringify({ packages }) })

  test('on a lock file with hosts', () => {
    const text = '{\n  "resolved": "https://mirror.example/a.tgz"\n}'
    expect(resolvedHosts({ path: 'package-lock.json', text })).toHaveLength(1)
  })

  test('on a package that needs a newer Node, however deep it lies', () => {
    const packages = {
      '': { engines: { node: '>=20.19' } },
      'node_modules/any': { version: '1.0.0' },
      'node_modules/fits': { version: '1.0.0', engines: { node: '^20.19.0 || >=22.12.0' } },
      'node_modules/minor': { version: '1.0.0', engines: { node: '>=20.20' } },
      'node_modules/fits/node_modules/@a/major': { version: '3.1.1', engines: { node: '>=22' } },
    }
    expect(packagesForNewerNode(lock(packages))).toEqual([
      'package-lock.json: minor@1.0.0 needs Node >=20.20, and Node 20.19.0 is to do',
      'package-lock.json: @a/major@3.1.1 needs Node >=22, and Node 20.19.0 is to do',
    ])
  })
})
