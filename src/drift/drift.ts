import { compareBodies } from './bodies.ts'
import type { Difference } from './differences.ts'
import { type Document, OpenApi } from './openapi.ts'
import { compareRequests } from './requests.ts'

/** What an authentik with that OpenAPI document means for the graph. */
export async function compare(document: Document): Promise<Difference[]> {
  const api = new OpenApi(document)
  return [...(await compareRequests(api)), ...compareBodies(api)]
}

/** The document in a text of JSON; undefined if it is none. */
export function readDocument(text: string): Document | undefined {
  try {
    const document = JSON.parse(text)
    return isDocument(document) ? document : undefined
  } catch {
    return undefined
  }
}

/** Whether a value looks like an OpenAPI document. */
export function isDocument(value: unknown): value is Document {
  const { openapi, paths } = Object(value) as { readonly openapi?: unknown; readonly paths?: unknown }
  return typeof openapi === 'string' && typeof paths === 'object' && paths !== null
}
