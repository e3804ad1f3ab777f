/** Allows pages of these web origins to ask, without cookies; pages of no other. */
export function allowOrigins(origins: readonly string[]) {
  return (request: Request) => {
    const origin = request.headers.get('origin')
    if (origin === null || !origins.includes(origin)) return false
    return { origin, credentials: false, methods: ['GET', 'POST'], allowedHeaders: ['authorization', 'content-type'] }
  }
}
