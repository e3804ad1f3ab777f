import {
  type ASTVisitor,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ValidationContext,
  validate,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Tells nobody the schema: neither by introspection, nor to composers, nor by suggestions in errors. */
export function hideSchema(): Plugin {
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule)
      addValidationRule(noSdl)
      setValidationFn((schema, document, rules, options) =>
        validate(schema, document, rules, { ...options, hideSuggestions: true }),
      )
    },
  }
}

function noSdl(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (!['_sdl', '_service'].includes(node.name.value)) return
      context.reportError(new GraphQLError(`The schema is hidden, and so is "${node.name.value}".`, { nodes: node }))
    },
  }
}

/** Removes the suggestion of an error: graphql hides those for documents, but not those for their variables. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  error.message = error.message.replace(/ Did you mean .*$/s, '')
  return error
}
