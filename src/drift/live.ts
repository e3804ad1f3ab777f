import { limits } from '../limits.ts'

/** Something that whoever asked can mend. */
export class Mistake extends Error {}

/** The text of the OpenAPI document that a live authentik has of its own API. Throws Mistake. */
export async function askLive(url: URL, token: string | undefined): Promise<string> {
  const address = `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/v3/schema/`
  const headers = { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const { status, text } = await ask(address, headers)
  if (status === 200) return text
  throw new Mistake(`${address} answered ${status}.`)
}

async function ask(address: string, headers: Readonly<Record<string, string>>) {
  try {
    const response = await fetch(address, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(limits.checkMilliseconds),
    })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    // Its message may repeat the token.
    const { name, cause } = error as Error & { readonly cause?: { readonly code?: string } }
    const reason = name === 'TimeoutError' ? 'no answer within a minute' : cause?.code
    throw new Mistake(`${address} cannot be asked: ${reason ?? 'not with this address or token'}.`)
  }
}
