import { execute } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { limits } from '../limits.ts'

/** Executes by graphql-js, in the order of the selection. Yoga's own executor puts values that come later last. */
export function executeInOrder(): Plugin {
  // graphql-js repeats the whole variable for each mistake in it.
  const options = { maxCoercionErrors: limits.variableErrors }
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: Parameters<typeof execute>[0]) => execute({ ...args, options }))
    },
  }
}
