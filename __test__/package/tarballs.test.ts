import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importsOf } from '../repo/checkers/ranks'
import { type Installed, type OwnPackage, addTypesOfNode, install, root, run, runTool } from './install'
import { type Project, exampleIn, modules, projects, ringAlone, typedCluster, typedRing } from './user-code'

/** Every Node to run under: those that the environment names, or this one. */
const nodes = process.env.HYPERCACHE_NODES?.split(delimiter) ?? [process.execPath]

const slow = 120_000
let installed: Installed

beforeAll(async () => {
  installed = await install()
}, slow)

afterAll(() => installed?.remove(), slow)

/** Writes a file into a user's folder and answers its path. */
function write(path: string, text: string, folder = installed.folder): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** The files of a tarball, without the leading `package/`. */
function contents(name: OwnPackage): string[] {
  const listed = run('tar', ['-tzf', installed.tarballs[name]], installed.folder)
  return listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
}

/** Where an installed package is. */
const placeOf = (name: string, folder = installed.folder) => join(folder, 'node_modules', '@hypercache', name)

/** The folders of the installed native packages. */
const natives = (folder: string) =>
  readdirSync(join(folder, 'node_modules', '@hypercache')).filter((name) => name.startsWith('binding-'))

function manifestOf(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(placeOf(name), 'package.json'), 'utf8')) as Record<string, unknown>
}

describe('the tarballs', () => {
  test('of the ring holds at most 20 files', () => {
    const files = contents('ring')
    const needed = ['package.json', 'README.md', 'LICENSE', 'index.js', 'dist/ring/index.js']
    expect(files).toEqual(expect.arrayContaining([...needed, 'dist/ring/index.d.ts']))
    expect(files.filter((path) => /\.(rs|node|lock)$|(?<!\.d)\.ts$/.test(path))).toEqual([])
    expect(files.length).toBeLessThanOrEqual(20)
  })

  test('of the cluster holds what a user needs, no sources of the build, and no second ring', () => {
    const files = contents('cluster')
    const needed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs/errors.md']
    expect(files).toEqual(
      expect.arrayContaining([...needed, 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']),
    )
    expect(files).toContain('page/index.html')
    expect(files.filter((path) => /\.(rs|node|lock)$|(^|\/)Cargo|(?<!\.d)\.ts$/.test(path))).toEqual([])
    expect(files.filter((path) => !/^(config|dist|docs|examples|page)\/|^[\w.]+$/.test(path))).toEqual([])
    const doubled = files.filter((path) => /^index\.js$|^dist\/(native|errors|ring\/.*)\.js$/.test(path))
    expect(doubled).toEqual([])
  })

  test.each<OwnPackage>(['ring', 'cluster'])('of the %s has every file that its files name', (name) => {
    const files = contents(name)
    const code = files.filter((path) => /^dist\/.*\.(js|d\.ts)$/.test(path))
    const missing = code.flatMap((path) => {
      const text = readFileSync(join(placeOf(name), path), 'utf8')
      const relative = importsOf({ path, text }).filter(({ specifier }) => specifier.startsWith('.'))
      const targets = relative.map(({ specifier }) => join(path, '..', specifier))
      const ends = path.endsWith('.d.ts') ? ['.d.ts', '.d.ts'] : ['.js', '.json']
      const isThere = (target: string) =>
        ends.some((end) => files.includes(target.replace(/\.js(on)?$/, '') + end))
      return targets.filter((target) => !isThere(target)).map((target) => `${path}: ${target}`)
    })
    expect(code.length).toBeGreaterThan(5)
    expect(missing).toEqual([])
  })

  test('of the addon holds the addon, and the licences of what is in it', () => {
    expect(contents('binding').sort()).toEqual([
      ...['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES', 'THIRD-PARTY-LICENSES-RUST.html'],
      ...[expect.stringMatching(/\.node$/), 'package.json'],
    ])
    const place = placeOf(natives(installed.folder)[0]!)
    const [list, ...texts] = readFileSync(join(place, 'THIRD-PARTY-LICENSES'), 'utf8').split(/^-{80}\n/m)
    const withText = new Set(texts.flatMap((text) => text.split('\n', 1)[0]!.split(', ')))
    const crates = cratesOfOthers()
    expect(crates.length).toBeGreaterThan(20)
    for (const { name, license } of crates) {
      expect(list).toContain(`\n${name}: ${license}, https://`)
      expect(withText).toContain(name)
    }
  })
})

/** What cargo says that the addon is made with. */
function cratesOfOthers(): { name: string; license: string }[] {
  const addon = ['--manifest-path', join(root, 'Cargo.toml'), '--locked', '--package', 'hypercache_napi']
  const args = ['tree', ...addon, '--edges', 'normal', '--prefix', 'none', '--format', '{p}|{l}']
  const lines = execFileSync('cargo', args, { encoding: 'utf8' }).trim().split('\n')
  return lines
    .filter((line) => !line.startsWith('hypercache_'))
    .map((line) => /^(\S+) v(\S+).*\|(.*?)( \(\*\))?$/.exec(line)!)
    .map(([, name, version, license]) => ({ name: `${name} ${version}`, license: license! }))
}

describe('the manifests', () => {
  const own = () => ['ring', 'cluster', ...natives(installed.folder)]

  test('have nothing of the checkout, and say where the project is', () => {
    for (const manifest of own().map(manifestOf)) {
      for (const field of ['scripts', 'devDependencies', 'overrides', 'napi']) {
        expect(manifest).not.toHaveProperty(field)
      }
      for (const field of ['repository', 'bugs', 'homepage', 'license', 'description']) {
        expect(manifest, String(manifest.name)).toHaveProperty(field)
      }
      expect(manifest.version).toBe(manifestOf('ring').version)
    }
  })

  test('of the ring names the addon and nothing else', () => {
    const { optionalDependencies, version, ...manifest } = manifestOf('ring')
    const [native] = natives(installed.ringFolder)
    expect(optionalDependencies).toEqual({ [`@hypercache/${native}`]: version })
    for (const field of ['dependencies', 'peerDependencies', 'bundleDependencies']) {
      expect(manifest).not.toHaveProperty(field)
    }
    const places = readdirSync(join(installed.ringFolder, 'node_modules')).filter((name) => name[0] !== '.')
    expect(places).toEqual(['@hypercache'])
    expect(readdirSync(join(placeOf('ring', installed.ringFolder), '..')).sort()).toEqual([native, 'ring'])
  })

  test('of the cluster names the ring of its own version, and not the addon', () => {
    const { dependencies, version, ...manifest } = manifestOf('cluster')
    expect(dependencies).toMatchObject({ '@hypercache/ring': version })
    expect(manifest).not.toHaveProperty('optionalDependencies')
  })

  test('were made without a change to the committed package.json', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object
    expect(manifest).not.toHaveProperty('optionalDependencies')
    expect(manifest).not.toHaveProperty(['dependencies', '@hypercache/ring'])
  })
})

describe.each(nodes)('under %s', (node) => {
  const answer = 'node2 3 '

  test('both packages, imported and required, are one ring, one error and one addon', () => {
    expect(run(node, [write('main.mjs', modules)], installed.folder)).toContain(answer)
  })

  test('the ring routes by itself, out of a handful of files', () => {
    const { ringFolder } = installed
    const said = run(node, [write('main.cjs', ringAlone, ringFolder)], ringFolder)
      .trim()
      .split('\n')
    expect(said[0]).toContain(answer)
    const addon = natives(ringFolder)[0]!
    expect(said[1]!.split(' ').sort()).toEqual([
      expect.stringMatching(new RegExp(`^${addon}/.*\\.node$`)),
      `${addon}/package.json`,
      'ring/index.js',
      'ring/index.js',
      'ring/ring.js',
    ])
  })

  test('the README of the ring says what comes out', () => {
    const readme = readFileSync(join(placeOf('ring'), 'README.md'), 'utf8')
    const example = exampleIn(readme)
    expect(example).toContain('assert.deepEqual(ring.getNode(')
    expect(run(node, [write('readme.mjs', example, installed.ringFolder)], installed.ringFolder)).toBe('')
  })

  test('the command line tool routes', () => {
    const tool = join(placeOf('cluster'), 'dist', 'cli', 'main.js')
    const args = ['ring', 'route', '--nodes', 'node1,node2,node3', 'key:0']
    expect(run(node, [tool, ...args], installed.folder)).toContain('node2')
  })
})

test('npx finds the command line tool', () => {
  const args = ['--no-install', 'hypercache', 'ring', 'route', '--nodes', 'node1,node2,node3', 'key:0']
  expect(run('npx', args, installed.folder)).toContain('node2')
})

describe('the declarations', () => {
  const programs = {
    ring: typedRing('@hypercache/ring'),
    'ring-by-cluster': typedRing('@hypercache/cluster'),
    cluster: typedCluster,
  }
  beforeAll(() => [installed.folder, installed.ringFolder].forEach(addTypesOfNode))

  /** Compiles programs, by their names, as every kind of module that a project has. */
  function compile(
    compiler: string,
    project: Project,
    texts: Record<string, string>,
    folder: string,
  ): string {
    const { name, endings, compilerOptions } = project
    const files = Object.keys(texts).flatMap((program) => endings.map((ending) => program + ending))
    for (const file of files) write(join(name, file), texts[file.replace(/\..*/, '')]!, folder)
    const config = write(join(name, 'tsconfig.json'), JSON.stringify({ files, compilerOptions }), folder)
    return runTool(join(compiler, 'bin', 'tsc'), ['-p', config], folder)
  }

  test.each(
    ['typescript-5', 'typescript', 'typescript-7'].flatMap((compiler) =>
      projects.map((project) => ({ compiler, name: project.name, project })),
    ),
  )(
    'compile with $compiler in strict programs under $name',
    ({ compiler, project }) => expect(compile(compiler, project, programs, installed.folder)).toBe(''),
    slow,
  )

  test('of the ring compile where there is nothing else', () => {
    const { ring } = programs
    expect(compile('typescript-7', projects[0]!, { ring }, installed.ringFolder)).toBe('')
  })

  test('would not compile were they not there', () => {
    const broken = programs.ring.replaceAll('getReplicas', 'getReplica')
    const project = { ...projects[0]!, name: 'broken' }
    const compiled = () => compile('typescript-7', project, { broken }, installed.folder)
    expect(compiled).toThrow(/TS2551.*getReplica/)
  })
})

describe.each<OwnPackage>(['ring', 'cluster'])('the linters of packages, of the %s', (name) => {
  test('publint has nothing to say', () => {
    const args = ['run', installed.tarballs[name], '--strict']
    expect(runTool('publint/src/cli.js', args, installed.folder)).toContain('All good!')
  })

  test(
    'attw finds no problems',
    () => {
      // What the cluster alone takes has no types: nobody else is to.
      const apart = ['--exclude-entrypoints', 'internal']
      const args = [installed.tarballs[name], '--no-emoji', '--no-color', ...apart]
      const said = runTool('@arethetypeswrong/cli/dist/index.js', args, installed.folder)
      expect(said).toContain('No problems found')
    },
    slow,
  )
})
