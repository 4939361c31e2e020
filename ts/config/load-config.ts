/** Configurations: from a file, a text or an object, with what overrides it, to one that is checked. */

import { type Fields, checkedFields } from '../checks.js'
import { wrongType, grouped } from '../errors.js'
import type { ClusterConfig } from './cluster-config.js'
import { completeConfig, isChecked } from './complete-config.js'
import { readEnvironment, readFlags } from './overrides.js'
import { Problems, pathText } from './problems.js'
import { readObject, readText } from './read-fields.js'
import type { ConfigSource, LoadConfigOptions, ResolvedClusterConfig } from './resolved-config.js'
import type { Settings } from './settings.js'
import { syntaxWords } from './syntax-words.js'
import { UnreadableFile, readTextFile } from './text-file.js'
import { YamlText } from './yaml-text.js'

/** Largest configuration, in bytes. */
const BYTES_MAX = 1 << 18

/**
 * Checks an object, with the names of YAML (`bind_port`) or of TypeScript (`bindPort`), and completes it by
 * presets and defaults. Looks at no environment. A configuration that was answered before is answered as it
 * is, for nobody can have changed it.
 *
 * @returns the configuration, frozen throughout.
 * @throws ERR_HYPERCACHE_CONFIG_INVALID, whose `problems` are all that is wrong.
 */
export function validateClusterConfig(value: unknown): ClusterConfig {
  if (isChecked(value)) return value
  const problems = new Problems()
  return completeConfig(readObject(value, problems), problems, []).config
}

/**
 * Reads a file or a text, and overrides it by the environment. Without a source there are only the defaults
 * to override. Waits for the disk.
 *
 * @returns the configuration, frozen throughout.
 * @throws ERR_HYPERCACHE_CONFIG_INVALID, whose `problems` are all that is wrong, those of the file with line
 * and column. A file that cannot be read, or has more than 256 KiB, is such a problem too.
 * ERR_HYPERCACHE_INVALID_TYPE and ERR_HYPERCACHE_UNKNOWN_FIELD for what is no source, or no options.
 */
export function loadClusterConfig(source?: ConfigSource, options: LoadConfigOptions = {}): ClusterConfig {
  return resolveClusterConfig(source, options).config
}

/** The same as `loadClusterConfig`, with where each value came from, and with warnings. */
export function resolveClusterConfig(
  source?: ConfigSource,
  options: LoadConfigOptions = {},
): ResolvedClusterConfig {
  const { env = process.env, overrides = {}, host } = checkedOptions(options)
  const place = source === undefined ? undefined : checkedSource(source)
  const problems = new Problems(place?.path)
  const warnings: string[] = []
  const file = place === undefined ? [] : readFile(place, problems)
  const environment = readEnvironment(env, problems, warnings)
  const settings = new Map([...file, ...environment, ...readFlags(overrides, problems)])
  return completeConfig(settings, problems, warnings, host)
}

const OPTION_NAMES = new Set(['env', 'overrides', 'host'])

function checkedOptions(options: LoadConfigOptions): LoadConfigOptions {
  const fields = checkedFields('options', options, OPTION_NAMES)
  for (const name of OPTION_NAMES) {
    const value = fields[name]
    if (value !== undefined && (typeof value !== 'object' || value === null))
      throw wrongType(`options.${name}`, value, 'an object')
  }
  return options
}

type Source = { path: string; text?: undefined } | { path?: undefined; text: string }

const SOURCE_NAMES = new Set(['path', 'text'])

function checkedSource(source: ConfigSource): Source {
  if (typeof source === 'string') return isText(source) ? { text: source } : { path: source }
  const { path, text }: Fields = checkedFields('source', source, SOURCE_NAMES, 'a path, a text, or an object')
  if (typeof text === 'string' && path === undefined) return { text }
  if (typeof path === 'string' && text === undefined) return { path }
  throw wrongType('source', source, 'a path, a text, or an object with one of them')
}

function isText(source: string): boolean {
  return source === '' || /\n|^\uFEFF?\s*([{[#%]|---|["']?[\w-]+["']?\s*:(\s|$))/.test(source)
}

function readFile(source: Source, problems: Problems): Settings {
  const nothing: Settings = new Map()
  let text: string
  try {
    text = source.text ?? readTextFile('the configuration file', source.path, BYTES_MAX)
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    const bound = `a file in UTF-8 of at most ${grouped(BYTES_MAX)} bytes`
    problems.add({ path: '', message: error.message, bound, origin: 'file', place: error.place })
    return nothing
  }
  // No text has fewer bytes than UTF-16 units.
  if (text.length > BYTES_MAX) {
    const message =
      `the configuration has ${grouped(text.length)} characters, and at most ` +
      `${grouped(BYTES_MAX)} bytes are allowed`
    problems.add({ path: '', message, bound: `at most ${grouped(BYTES_MAX)} bytes`, origin: 'file' })
    return nothing
  }
  const yaml = new YamlText(text)
  addYamlProblems(yaml, problems)
  return yaml.isReadable ? readText(yaml, problems) : nothing
}

/** What is wrong with the text itself. Never in its own words: one of them may be a secret. */
function addYamlProblems(yaml: YamlText, problems: Problems): void {
  for (const { code, message, path, place } of yaml.problems) {
    const name = pathText(path)
    const words = syntaxWords(code, message)
    problems.add({
      path: name,
      message: name === '' ? words : `${name} ${words}`,
      bound: code === 'DUPLICATE_KEY' ? 'given once' : 'YAML, or JSON',
      origin: 'file',
      place,
    })
  }
}
