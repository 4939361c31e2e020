/** What overrides a file: environment variables, and flags. */

import type { Field, Rule } from './field.js'
import {
  LEAVES,
  type Leaf,
  VARIABLE_PREFIX,
  leafAt,
  suggestionForPath,
  suggestionForVariable,
} from './leaves.js'
import { type Problems, pathText } from './problems.js'
import type { Environment } from './resolved-config.js'
import { type Settings, keep } from './settings.js'
import type { Path } from './yaml-text.js'

const LEAF_BY_VARIABLE = new Map(LEAVES.map((leaf) => [leaf.variable, leaf]))

/** Most variables that are no field and warned of. */
const WARNED_MAX = 20

/** The settings in environment variables. Those that are no field are warned of: others put some there. */
export function readEnvironment(environment: Environment, problems: Problems, warnings: string[]): Settings {
  const settings: Settings = new Map()
  const names = Object.keys(environment).filter((name) => name.startsWith(VARIABLE_PREFIX))
  const unknown = names.filter((name) => !LEAF_BY_VARIABLE.has(name))
  for (const name of unknown.slice(0, WARNED_MAX)) {
    const meant = isServiceUrl(environment[name] ?? '') ? undefined : suggestionForVariable(name)
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    warnings.push(`the environment variable ${shownName(name)} is no field, and is ignored${advice}`)
  }
  if (unknown.length > WARNED_MAX) {
    const more = unknown.length - WARNED_MAX
    warnings.push(`${more} more environment variables are no fields, and are ignored`)
  }
  for (const leaf of LEAVES) {
    const text = environment[leaf.variable]
    if (text === undefined) continue
    if (isServiceLink(leaf.field, text)) {
      warnings.push(
        `the environment variable ${leaf.variable} has the address of a service, as Kubernetes puts it ` +
          `there, and is ignored; the service is named like the field ${leaf.path}`,
      )
      continue
    }
    keepText(leaf, text, leaf.variable, settings, problems)
  }
  return settings
}

/** The settings in flags, by the paths of fields: texts are read as those of the environment. */
export function readFlags(flags: Readonly<Record<string, unknown>>, problems: Problems): Settings {
  const settings: Settings = new Map()
  for (const [path, value] of Object.entries(flags)) {
    if (value === undefined) continue
    const leaf = leafAt(path)
    if (leaf === undefined) addUnknown(path, problems)
    else if (typeof value === 'string') keepText(leaf, value, 'flag', settings, problems)
    else keep({ ...found(leaf, 'flag'), value }, settings, problems)
  }
  return settings
}

function addUnknown(path: string, problems: Problems): void {
  const shownPath = pathText(path.split('.'))
  const isBlock = LEAVES.some((leaf) => leaf.path.startsWith(`${path}.`))
  const meant = isBlock ? undefined : suggestionForPath(path)
  const advice = isBlock ? '; it is a block: name one of its fields' : meant && `; did you mean ${meant}?`
  problems.add({
    path: shownPath,
    message: `${shownPath} is not a known field${advice ?? ''}`,
    bound: 'the path of a field, as in cluster.node_id',
    origin: 'flag',
  })
}

function keepText(leaf: Leaf, text: string, origin: string, settings: Settings, problems: Problems): void {
  const value = valueOf(leaf.field, text)
  keep({ ...found(leaf, origin), value }, settings, problems)
}

function found(
  leaf: Leaf,
  origin: string,
): { leaf: Leaf; path: Path; origin: string; placeOf: () => undefined } {
  return { leaf, path: leaf.path.split('.'), origin, placeOf: () => undefined }
}

/** What Kubernetes puts into variables named after services: `tcp://10.0.0.1:8080`. */
function isServiceLink({ kind }: Field, text: string): boolean {
  return kind !== 'text' && isServiceUrl(text)
}

function isServiceUrl(text: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(text)
}

/** The value that a text means. One that it cannot mean stays a text, which no rule of that kind takes. */
function valueOf(rule: Rule, text: string): unknown {
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)
  switch (rule.kind) {
    case 'number':
      return isNumber ? Number(text) : text
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => valueOf(rule.item!, item.trim()))
    case 'map':
      return mapOf(text)
    case 'seed':
    case 'text':
      return text
  }
}

/** `rack=r7,owner=ops`; the first `=` splits. */
function mapOf(text: string): unknown {
  if (text === '') return {}
  const pairs = text.split(',').map((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? undefined : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  })
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : text
}

function shownName(name: string): string {
  return /^\w{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100))
}
