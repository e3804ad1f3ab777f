import type { FieldNullability, InputFieldMap, SchemaTypes, TypeParam } from '@pothos/core'
import type { Include } from '../authentik/endpoints.ts'

// A field reads a property of a body: by `t.expose...`, or by naming what its resolver `reads`. This declaration serves the
// checks (the value is checked before the caller gets it), hydration (a shortened body that lacks the property is replaced
// by the object's own) and cheap requests (authentik is told to leave out the lists that no selected field includes).

declare global {
  export namespace PothosSchemaTypes {
    export interface BuildSchemaOptions<Types extends SchemaTypes> {
      /** Fields that the schema is not to have, each by its coordinate. */
      leaveOut?: readonly string[]
    }
    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** The properties of the body that the resolver looks at. Any one of them suffices. */
      reads?: readonly (keyof ParentShape & string)[]
      /** The query parameter without which authentik leaves out the list that the field reads. */
      include?: Include
      /** True if the child objects come inside this body: what is selected of them decides what the request for it includes. */
      embedded?: boolean
      /** Only the object's own endpoint may answer the field, whatever body is at hand. */
      fromOwnEndpoint?: boolean
      /** Whether the objects in the field are shortened: a property that they lack is loaded from their own endpoint. */
      shortened?: Shortened
      /** The properties that those objects have, whichever release shortened them. Estimates count no request for these. */
      tells?: readonly string[]
      /** What the resolver asks authentik for. Estimates count it. */
      asks?: Asks
      /** Whether it may be null without an error, where what it reads and asks for does not tell (semantic-nulls.ts). */
      mayBeNull?: boolean
    }
  }
}

/** Whether the objects in a field are shortened: always, or if the function says so of a body. */
export type Shortened = true | ((body: object) => boolean)

/**
 * What a resolver asks authentik for: one object by its id, or by a name, or each of several; rows of a list, of one that is filtered by
 * what is known of another object, or the whole list; how long a list is, or how many of its rows have a date in a window; three lists of
 * a user's grants; the members of groups; each of the objects whose keys the body has, which a list tells of as well (`referred`) or does
 * not (`keyed`); or, once in an operation, who the caller is. What is `listed` came with the body, and authentik lists it by the body's
 * key as well.
 */
export type Asks =
  | 'object'
  | 'named'
  | 'objects'
  | 'rows'
  | 'owned'
  | 'whole'
  | 'length'
  | 'dates'
  | 'members'
  | 'referred'
  | 'keyed'
  | 'listed'
  | 'connected'
  | 'caller'

/** What a field declares of the body that it reads. */
export interface Declaration {
  readonly reads?: readonly string[]
  readonly include?: Include
  readonly embedded?: boolean
  readonly fromOwnEndpoint?: boolean
  readonly shortened?: Shortened
  readonly tells?: readonly string[]
  readonly asks?: Asks
  readonly mayBeNull?: boolean
}

/** What the field declares, from the extensions in which Pothos keeps it. Fields of `t.expose...` are embedded. */
export function declarationOf({ extensions }: { readonly extensions: Readonly<Record<string, unknown>> }): Declaration {
  const { pothosOptions, pothosExposedField: exposed } = extensions
  const options = pothosOptions as Declaration
  return typeof exposed === 'string' ? { ...options, reads: [exposed], embedded: true } : options
}
