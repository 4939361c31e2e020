import { beforeAll, expect, test } from 'vitest'

type Load = (platform: string, arch: string, require: (name: string) => unknown) => unknown

let load: Load

beforeAll(async () => {
  const { loaderOf } = await import('../../scripts/pack/ring.mjs')
  const platforms = ['linux-x64-gnu', 'linux-x64-musl', 'linux-arm64-gnu', 'darwin-x64', 'win32-arm64-msvc']
  const text: string = loaderOf(new Map(platforms.map((platform) => [platform, `addon-${platform}`])))
  load = (platform, arch, require) => {
    const module = { exports: undefined as unknown }
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- as Node does with a module
    new Function('module', 'require', 'process', text)(module, require, { platform, arch })
    return module.exports
  }
})

/** A `require` where these packages are there. */
function having(...names: string[]) {
  return (name: string) => {
    if (names.includes(name)) return name
    throw new Error(`no ${name}`)
  }
}

test('the addon of the machine is loaded, whichever C library it is for', () => {
  expect(load('linux', 'x64', having('addon-linux-x64-gnu'))).toBe('addon-linux-x64-gnu')
  expect(load('linux', 'x64', having('addon-linux-x64-musl'))).toBe('addon-linux-x64-musl')
  expect(load('darwin', 'x64', having('addon-darwin-x64', 'addon-linux-x64-gnu'))).toBe('addon-darwin-x64')
  expect(load('win32', 'arm64', having('addon-win32-arm64-msvc'))).toBe('addon-win32-arm64-msvc')
})

test('where there is none, the error tells all that was tried', () => {
  const load64 = () => load('linux', 'x64', having())
  expect(load64).toThrow('no addon-linux-x64-gnu\nno addon-linux-x64-musl')
  expect(() => load('linux', 'arm64', having('addon-linux-x64-gnu'))).toThrow('no addon-linux-arm64-gnu')
  expect(() => load('sunos', 'x64', having())).toThrow('no package for sunos-x64')
})
