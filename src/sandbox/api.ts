import type { IncomingHttpHeaders } from 'node:http'
import type { Release } from '../releases.ts'
import type { Caller, Gone } from './callers.ts'

/** A request that the sandbox received. */
export interface SandboxRequest {
  method: string
  /** With its query, for example "/api/v3/core/users/5/?include_groups=false". */
  path: string
  headers: IncomingHttpHeaders
}

/** One request, as the resources see it. */
export interface ApiRequest {
  release: Release
  /** Null for somebody without credentials. */
  caller: Caller | null
  query: QueryString
  /** The key in the path, "" where the path has none. */
  key: string
  /** The most rows that a page has, whatever `page_size` asks for. */
  maxPageSize: number
  gone: Gone
}

/** One path of the API, and what it replies to a request. */
export interface Route {
  /** Without "/api/v3/", for example "core/users/{key}/". */
  path: string
  /** What OPTIONS answers. */
  name: string
  description: string
  /** Whether a request without credentials is let in. authentik does so where the path has a key, and shows no row. */
  anonymous: boolean
  /** The body of the reply. */
  get(request: ApiRequest): unknown
  /** Deletes the row that the path names. Absent where nothing can be deleted. */
  remove?(request: ApiRequest): void
}

/** The parameters in an address, as Django reads them: of a repeated one the last counts. */
export class QueryString {
  readonly #parameters: URLSearchParams

  constructor(text: string) {
    this.#parameters = new URLSearchParams(text)
  }

  /** Every value of a parameter. */
  all(name: string): string[] {
    return this.#parameters.getAll(name)
  }

  /** The last value of a parameter. */
  last(name: string): string | undefined {
    return this.all(name).at(-1)
  }

  /** Whether a flag such as `include_groups` is set. Only "true" sets one; "1" does not. */
  includes(flag: string, unsaid: boolean): boolean {
    const value = this.last(flag)
    return value === undefined ? unsaid : value.toLowerCase() === 'true'
  }
}
