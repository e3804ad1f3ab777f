// graphql looks at this when it is loaded: without it, each look at a type costs several times as much.
process.env['NODE_ENV'] ??= 'production'
