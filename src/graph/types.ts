import type { Context } from '../context.ts'

export interface SchemaTypes {
  Context: Context
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: string; Output: string }
    JSON: { Input: unknown; Output: unknown }
    UUID: { Input: string; Output: string }
    _Any: { Input: unknown; Output: unknown }
  }
}

/** What Pothos knows of this graph: its context and its scalars. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>
