/** The JSON Schema of a configuration file, for editors. */

import type { ZodType } from 'zod'

import { zod } from './check-field.js'
import type { Block, Field } from './field.js'
import { FIELDS } from './fields.js'

/** The schema, in draft 7, which editors know best. Rules across fields are not in it. */
export function configSchema(): Record<string, unknown> {
  const z = zod()
  const typeOf = (entry: Field | Block): ZodType => {
    return entry.kind === 'block' ? blockType(entry) : entry.schema(z).meta(metaOf(entry))
  }
  const blockType = ({ fields, description }: Block): ZodType => {
    const types = Object.entries(fields).map(([name, entry]) => [name, typeOf(entry).optional()] as const)
    return z.strictObject(Object.fromEntries(types)).meta({ description })
  }
  const { $schema, ...rest } = z.toJSONSchema(blockType(FIELDS), { target: 'draft-7', io: 'input' })
  return { $schema, title: 'HyperCache configuration', ...rest }
}

function metaOf(field: Field): Record<string, unknown> {
  const { description, defaultWords, example } = field
  return {
    description: defaultWords === undefined ? description : `${description} Default: ${defaultWords}.`,
    // JSON has no bigint; the one that is a default is small.
    ...(field.default !== undefined && {
      default: typeof field.default === 'bigint' ? Number(field.default) : field.default,
    }),
    ...(example !== undefined && { examples: [example] }),
  }
}
