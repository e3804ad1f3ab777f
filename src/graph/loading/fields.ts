import type { Endpoint } from '../../authentik/endpoints.ts'
import { limits } from '../../limits.ts'
import type { Types } from '../types.ts'
import type { Lookup } from './lookup.ts'
import { wantedOf } from './wanted.ts'

type QueryFieldBuilder = PothosSchemaTypes.QueryFieldBuilder<Types, Types['Root']>
type Field = PothosSchemaTypes.FieldRef<Types>

/** The query that finds one object of a type. */
export function oneField<K extends string | number, B extends object, E extends Endpoint>(
  t: QueryFieldBuilder,
  lookup: Lookup<K, B, E>,
  description: string,
): Field {
  const { property } = lookup.key
  return t.field({
    type: lookup.type,
    asks: 'object',
    description,
    args: {
      id: t.arg.id({
        required: true,
        description: `authentik's ${property === 'pk' ? 'key' : property} or the global id.`,
      }),
    },
    resolve: (_root, { id }, context, info) => lookup.findById(context, id, wantedOf(info, lookup.typename)) as never,
  })
}

/** The query that finds many objects of a type, each of which may be null alone. Schema stitching merges the type by it. */
export function byIdsField<K extends string | number, B extends object, E extends Endpoint>(
  t: QueryFieldBuilder,
  lookup: Lookup<K, B, E>,
  description: string,
): Field {
  const { property } = lookup.key
  return t.field({
    type: [lookup.type],
    nullable: { list: false, items: true },
    asks: 'objects',
    description,
    args: {
      ids: t.arg.idList({
        required: true,
        description: `authentik's ${property === 'pk' ? 'keys' : `${property}s`} or global ids, at most ${limits.ids} distinct ones.`,
      }),
    },
    extensions: { mergesType: lookup.typename },
    resolve: (_root, { ids }, context, info) =>
      lookup.findByIds(context, ids, wantedOf(info, lookup.typename)) as never,
  })
}
