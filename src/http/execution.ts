import { type ASTVisitor, type ExecutionResult, GraphQLError, type ValidationContext } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Execute } from '../execute/execute.ts'

/** Executes in the order of the selection. Yoga's own executor puts values that come later last. */
export function executeInOrder(execute: Execute): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(knownKinds)
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: Parameters<Execute>[0]) => {
        const result = execute(args)
        return !(result instanceof Promise) && result.data === undefined ? refused(result) : result
      })
    },
  }
}

/** A document may have no operation of a kind that the schema has none of. graphql-js would find that out only when it executes it. */
function knownKinds(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return
      context.reportError(new GraphQLError(`The schema has no ${node.operation}.`, { nodes: node }))
    },
  }
}

/** Nothing was executed, since a variable does not fit: 400 for those who take GraphQL's own media type, as for a document. */
function refused(result: ExecutionResult): ExecutionResult {
  for (const { extensions } of result.errors ?? []) extensions['http'] = { status: 400, spec: true }
  return result
}
