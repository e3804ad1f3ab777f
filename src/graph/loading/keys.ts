import type { Context } from '../../context.ts'
import type { Wanted } from './wanted.ts'

/** How the objects of one type are told apart, and how their keys are written: in one way only, so that equal keys are equal text. */
export interface Key<K extends string | number> {
  /** The property of every body that holds the key. The field of the same name, in camelCase, shows it. */
  readonly property: string
  /** The key, or undefined where the text is none. */
  readonly read: (text: string) => K | undefined
  /** What a key looks like, for an error's text. */
  readonly example: string
  /** Whether the key can stand in an address, so that the object can be asked for by it. Without it every key can. */
  readonly isAddress?: (key: K) => boolean
  /** Negative where the first key comes before the other one, as authentik orders them. Without it nobody can tell. */
  readonly compare?: (one: K, other: K) => number
}

/** What other services in a larger graph may do with the objects of a type, beside naming them by their key and their global id. */
export interface ForComposers<B> {
  /** They may have copies of the fields. */
  readonly isShareable?: true
  /** They may say this interface in place of the type, with the global id. */
  readonly interface?: string
  /** They may name objects by other fields. */
  readonly otherKeys?: OtherKeys<B>
}

/** How else than by their key objects are found: by fields of which each names one. */
interface OtherKeys<B> {
  readonly fields: readonly string[]
  /** The object, null when it is absent or hidden. Throws UpstreamError. */
  readonly find: (context: Context, by: Readonly<Record<string, string>>, wanted: Wanted) => Promise<B | null>
}

/** The key in a body that came from upstream, undefined where it has none. */
export function findKey<K extends string | number>(
  { property, read }: Pick<Key<K>, 'property' | 'read'>,
  body: object,
): K | undefined {
  const value: unknown = Reflect.get(body, property)
  // A number that JavaScript would round is an object.
  return typeof value === 'string' || typeof value === 'number' ? read(String(value)) : undefined
}

/** Keys from 1 to 2147483647, without sign or leading zero. */
export function integerKey(property: string): Key<number> {
  return {
    property,
    read: (text) => (/^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined),
    example: 'a whole number such as "42"',
    compare: (one, other) => one - other,
  }
}

/** Keys of letters, digits, hyphens and underscores, as Django writes slugs. */
export function slugKey(property: string): Key<string> {
  return {
    property,
    read: (text) => (/^[\w-]{1,255}$/.test(text) ? text : undefined),
    example: 'a slug such as "grafana"',
    compare: (one, other) => (one < other ? -1 : Number(one > other)),
  }
}

/** Which text keys can stand in an address. Django REST framework takes a "." there for the beginning of a format. */
export const addressable = '1 to 255 characters without "/", "." and control characters'

/** Keys of any text. Some that authentik has cannot stand in an address: their objects are listed, and cannot be asked for. */
export function textKey(property: string): Key<string> {
  return {
    property,
    read: (text) => text,
    isAddress: (text) => /^[^/.\p{Cc}\p{Cs}]{1,255}$/u.test(text),
    example: `${addressable} such as "backup"`,
  }
}

/** Keys of 8-4-4-4-12 hexadecimal digits, read in any case. */
export function uuidKey(property: string): Key<string> {
  return {
    property,
    read: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined),
    example: 'a UUID such as "0cd9c317-cafb-4a8c-99bc-500bbf482e37"',
    compare: (one, other) => (one < other ? -1 : Number(one > other)),
  }
}
