import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import {
  type DocumentNode,
  type GraphQLError,
  Lexer,
  type ParseOptions,
  parse,
  Source,
  TokenKind,
  type ValidationContext,
  validate,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { codedError } from '../errors.ts'
import { limits } from '../limits.ts'
import { comparesTooMuch } from './comparisons.ts'

const muchToCompare = 'too many fields of one name to compare'

/** Refuses documents that would cost too much, before authentik is asked. */
export function limitDocuments(): Plugin {
  const report = [
    (context: ValidationContext | null, error: GraphQLError) =>
      context?.reportError(codedError('QUERY_TOO_COMPLEX', error.message.replace('Syntax Error: ', ''))),
  ]
  const rules = [
    maxDepthRule({ n: limits.documentDepth, flattenFragments: true, onReject: report, propagateOnRejection: false }),
    maxAliasesRule({ n: limits.documentAliases, allowList: [], onReject: report, propagateOnRejection: false }),
  ]
  const characters = new WeakMap<Request, number>()
  return {
    onParse({ context: { request }, params: { source }, setParseFn }) {
      const sum = (characters.get(request) ?? 0) + String(source).length
      characters.set(request, sum)
      if (sum > limits.requestCharacters)
        throw tooComplex(`over ${limits.requestCharacters} characters, with others of its request`)
      setParseFn(parseWithinLimits)
    },
    onValidate({ validateFn, setValidationFn }) {
      // First, since graphql's own rules may take long for a document that is too complex.
      setValidationFn((schema, document, ...rest) => {
        if (comparesTooMuch(document)) return [tooComplex(muchToCompare)]
        const errors = validate(schema, document, rules)
        return errors.length > 0 ? errors : validateFn(schema, document, ...rest)
      })
      // graphql itself gives up on selections that take too long to compare.
      const gaveUp = ({ message }: Error) => message === 'Validation aborted.'
      const told = (error: Error) => (gaveUp(error) ? tooComplex(muchToCompare) : error)
      return ({ result, setResult }) => setResult(result.map(told))
    },
  }
}

/** Parses after counting tokens, directives and open brackets: the parser and the rules recurse, and could run out of stack. */
function parseWithinLimits(text: string, options?: ParseOptions): DocumentNode {
  if (text.length > limits.documentCharacters) throw tooComplex(`over ${limits.documentCharacters} characters`)
  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let directives = 0
  let nesting = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1
    if (kind === TokenKind.AT) directives += 1
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) nesting += 1
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) nesting -= 1
    if (tokens > limits.documentTokens) throw tooComplex(`over ${limits.documentTokens} tokens`)
    if (directives > limits.documentDirectives) throw tooComplex(`over ${limits.documentDirectives} directives`)
    if (nesting > limits.documentBrackets) throw tooComplex(`over ${limits.documentBrackets} open brackets`)
  }
  return parse(text, options)
}

function tooComplex(what: string): GraphQLError {
  return codedError('QUERY_TOO_COMPLEX', `The document has ${what}.`)
}
