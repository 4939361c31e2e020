import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Installed, install, root, run, runTool } from './install'
import { commonJs, modules, projects, typed } from './user-code'

/** Every Node to run under: those that the environment names, or this one. */
const nodes = process.env.HYPERCACHE_NODES?.split(delimiter) ?? [process.execPath]

const slow = 120_000
let installed: Installed

beforeAll(async () => {
  installed = await install()
}, slow)

afterAll(() => installed?.remove())

/** Writes a file into the user's folder and answers its path. */
function write(path: string, text: string): string {
  const file = join(installed.folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** The files of a tarball, without the leading `package/`. */
function contents(tarball: string): string[] {
  const listed = run('tar', ['-tzf', tarball], installed.folder)
  return listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
}

describe('the tarballs', () => {
  test('hold what a user needs and no sources of the build', () => {
    const files = contents(installed.main)
    const needed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'index.js', 'index.d.ts']
    expect(files).toEqual(
      expect.arrayContaining([...needed, 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']),
    )
    expect(files).toContain('docs/errors.md')
    expect(files).toContain('page/index.html')
    expect(files.filter((path) => /\.(rs|node|lock)$|(^|\/)Cargo|(?<!\.d)\.ts$/.test(path))).toEqual([])
    expect(files.filter((path) => !/^(config|dist|docs|examples|page)\/|^[\w.]+$/.test(path))).toEqual([])
    const native = contents(installed.native).sort()
    expect(native).toEqual(['LICENSE', 'README.md', expect.stringMatching(/\.node$/), 'package.json'])
  })

  test('install from a manifest without anything of the checkout', () => {
    const path = join(installed.folder, 'node_modules', '@hypercache', 'cluster', 'package.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['scripts']))
    expect(manifest).not.toHaveProperty('devDependencies')
    expect(manifest).not.toHaveProperty('overrides')
    const [[name, version]] = Object.entries(manifest.optionalDependencies!) as [[string, string]]
    expect(version).toBe(manifest.version)
    expect(existsSync(join(installed.folder, 'node_modules', name))).toBe(true)
  })

  test('were made without a change to the committed package.json', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object
    expect(manifest).not.toHaveProperty('optionalDependencies')
  })
})

describe.each(nodes)('under %s', (node) => {
  test('import and require answer one class, and the ring routes', () => {
    const answer = /^node2 3 [0-9a-f]{16}\n$/
    const fromImport = run(node, [write('main.mjs', modules)], installed.folder)
    expect(fromImport).toMatch(answer)
    expect(run(node, [write('main.cjs', commonJs)], installed.folder)).toBe(fromImport)
  })

  test('the command line tool routes', () => {
    const tool = join(installed.folder, 'node_modules', '@hypercache', 'cluster', 'dist', 'cli', 'main.js')
    const args = ['ring', 'route', '--nodes', 'node1,node2,node3', 'key:0']
    expect(run(node, [tool, ...args], installed.folder)).toContain('node2')
  })
})

test('npx finds the command line tool', () => {
  const args = ['--no-install', 'hypercache', 'ring', 'route', '--nodes', 'node1,node2,node3', 'key:0']
  expect(run('npx', args, installed.folder)).toContain('node2')
})

describe.each(['typescript-5', 'typescript-7'])('%s', (compiler) => {
  test.each(projects)(
    'compiles a strict program under $name',
    ({ name, files, compilerOptions }) => {
      for (const file of files) write(join(name, file), typed)
      const project = write(join(name, 'tsconfig.json'), JSON.stringify({ files, compilerOptions }))
      expect(runTool(join(compiler, 'bin', 'tsc'), ['-p', project], installed.folder)).toBe('')
    },
    slow,
  )

  test(
    'would not compile against declarations that are not there',
    () => {
      const { compilerOptions } = projects[0]!
      write('broken/main.mts', typed.replaceAll('getReplicas', 'getReplica'))
      const project = write('broken/tsconfig.json', JSON.stringify({ files: ['main.mts'], compilerOptions }))
      const compile = () => runTool(join(compiler, 'bin', 'tsc'), ['-p', project], installed.folder)
      expect(compile).toThrow(/TS2551.*getReplica/)
    },
    slow,
  )
})

describe('the linters of packages', () => {
  test('publint has nothing to say', () => {
    const said = runTool('publint/src/cli.js', ['run', installed.main, '--strict'], installed.folder)
    expect(said).toContain('All good!')
  })

  test(
    'attw finds no problems',
    () => {
      const args = [installed.main, '--no-emoji', '--no-color']
      const said = runTool('@arethetypeswrong/cli/dist/index.js', args, installed.folder)
      expect(said).toContain('No problems found')
    },
    slow,
  )
})
