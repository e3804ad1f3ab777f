import type { ASTVisitor, DocumentNode, ValidationContext } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { codedError } from '../errors.ts'

/** The fields that tell the whole schema. */
const telling = ['_sdl', '_service', '__schema', '__type']

/**
 * Bounds what it costs to tell the schema, which needs no token: each field that tells it stands at most once in an HTTP request,
 * whatever its alias, and below it there are no aliases. graphql itself bounds the depth.
 */
export function boundIntrospection(): Plugin {
  const fieldsOf = new WeakMap<DocumentNode, ReadonlySet<string>>()
  const told = new WeakMap<Request, Set<string>>()

  const rule = (context: ValidationContext): ASTVisitor => {
    const fields = new Set<string>()
    fieldsOf.set(context.getDocument(), fields)
    return {
      Field({ name: { value: name }, alias }) {
        if (alias && context.getParentType()?.name.startsWith('__')) {
          context.reportError(codedError('QUERY_TOO_COMPLEX', 'There may be no alias inside "__schema" and "__type".'))
        }
        if (!telling.includes(name)) return
        if (fields.has(name)) context.reportError(twice(name))
        fields.add(name)
      },
    }
  }
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(rule)
    },
    onExecute({ args, setResultAndStopExecution }) {
      const fields = fieldsOf.get(args.document)
      if (!fields?.size) return
      const { request } = args.contextValue
      const before = told.get(request) ?? new Set()
      told.set(request, before)
      const again = [...fields].find((name) => before.has(name))
      if (again !== undefined) return setResultAndStopExecution({ errors: [twice(again)] })
      for (const name of fields) before.add(name)
    },
  }
}

function twice(name: string) {
  return codedError('QUERY_TOO_COMPLEX', `"${name}" may stand once in an HTTP request.`)
}
