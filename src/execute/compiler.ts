import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { isListOfPromises, leave, priceOfPromises, priceOfText } from '../graph/charges.ts'
import { type Declaration, declarationOf, type Shortened } from '../graph/declaration.ts'
import { weightOf } from '../graph/loading/wanted.ts'
import { Reading } from '../graph/reading.ts'
import { fieldsByKey, infoOf, type Selecting } from '../graph/selected.ts'
import { limits } from '../limits.ts'
import { type Complete, fail, listOf, paid, required, Unusual } from './completion.ts'
import { type Plain, parentOf, plainOf, readerOf } from './reader.ts'
import type { Run } from './run.ts'

type Answer = Record<string, unknown>
/** Makes the answer's object of a body, which stands in so many places of the answer. */
export type Project = (body: object, run: Run, times: number) => Answer
/** Puts one field into the answer: at once, or when what it needs has come. */
type Fill = (answer: Answer, body: object, run: Run, times: number) => void
/** One field of a projection. */
interface Planned extends Plain {
  readonly key: string
  readonly fill: Fill
}

/** A place in the answer, as graphql-js tells it to resolvers. */
type Path = GraphQLResolveInfo['path']

/** Compiles the selections of one operation, from what the fields declare and from the resolvers that they have. */
export class Compiler {
  readonly #selecting: Selecting
  readonly #operation: OperationDefinitionNode
  /** How many fields more may be compiled: fragments of fragments would become very many. */
  fieldsLeft: number

  constructor(selecting: Selecting, operation: OperationDefinitionNode, fieldsLeft: number) {
    this.#selecting = selecting
    this.#operation = operation
    this.fieldsLeft = fieldsLeft
  }

  /** `shortened` tells whether the bodies stand shortened. Throws Unusual. */
  project(
    type: GraphQLObjectType,
    sets: readonly SelectionSetNode[],
    shortened?: Shortened | undefined,
    path?: Path | undefined,
  ): Project {
    const fields: Planned[] = []
    const names: [string, string | null][] = []
    for (const [key, nodes] of fieldsByKey(this.#selecting, type, sets)) {
      this.fieldsLeft -= 1
      if (key === '__proto__' || this.fieldsLeft < 0) throw new Unusual()
      const field = type.getFields()[nodes[0]?.name.value ?? '']
      names.push([key, field ? null : type.name])
      const here = { prev: path, key, typename: type.name }
      if (field) fields.push({ key, ...plainOf(field), fill: this.#fill(type, field, nodes, shortened, here) })
      else if (nodes[0]?.name.value !== '__typename') throw new Unusual()
    }
    // To copy an object with all its properties takes less time than to add these one by one, if it is one that V8 does not take for a
    // table: one to which many were added is.
    const empty: Answer = JSON.parse(JSON.stringify(Object.fromEntries(names)))
    return (body, run, times) => {
      const answer = { ...empty }
      for (const { key, property, isPlain, fill } of fields) {
        const value = property === undefined ? undefined : (body as Answer)[property]
        if (isPlain?.(value)) answer[key] = value
        else fill(answer, body, run, times)
      }
      return answer
    }
  }

  #fill(
    type: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
    shortened: Shortened | undefined,
    path: Path & { readonly key: string },
  ): Fill {
    const { key } = path
    const declaration = declarationOf(field)
    const reading = declaration.reads && new Reading(parentOf(field), declaration, declaration.reads)
    const info = infoOf(this.#selecting, this.#operation, type, field, nodes, path)
    const read = readerOf(field, reading, info)
    const take = this.#take(field.type, declaration, info)
    const { lookup } = reading ?? {}
    if (!reading || !lookup || !(shortened || declaration.fromOwnEndpoint || lookup.mayBeShort)) {
      return (answer, body, run, times) => put(answer, key, read(body, run), take, run, times)
    }
    const fill: Fill = (answer, body, run, times) => {
      if (!reading.needsOwn(body, shortened)) return put(answer, key, read(body, run), take, run, times)
      run.pay(limits.fieldsOfLoading * times)
      const objectKey = lookup.keyOf(body)
      const places = run.placesOf(fill, objectKey)
      places.times += times
      const use = (completed: unknown) => {
        answer[key] = completed
      }
      if (places.uses.push(use) > 1) return
      run.later(reading.loadOwn(run.context, lookup, body), (own) => {
        run.closePlaces(fill, objectKey)
        run.when(read(own as object, run), (value) => {
          const completed = take(value, run, places.times)
          for (const each of places.uses) each(completed)
        })
      })
    }
    return fill
  }

  /** What pays for a field's value and completes it. */
  #take(type: GraphQLOutputType, { reads, shortened }: Declaration, info: GraphQLResolveInfo): Complete {
    const list = getNullableType(type)
    const completeItem = this.#complete(isListType(list) ? list.ofType : type, info, shortened, reads !== undefined)
    const completeList = isNonNullType(type) ? required(listOf(completeItem)) : listOf(completeItem)
    const complete = isListType(list) ? completeList : completeItem
    if (isLeafType(getNamedType(type))) {
      return (value, run, times) => {
        const fields = priceOfText(value)
        if (fields > 0) run.pay(fields * times)
        return complete(value, run, times)
      }
    }
    const weight = weightOf(info)
    const take = paid(complete, weight)
    const takeItem = paid(completeItem, weight)
    return (value, run, times) => {
      if (!isListOfPromises(value)) return take(value, run, times)
      leave(value)
      run.pay(priceOfPromises(value, info) * times)
      const answers = new Array<unknown>(value.length)
      for (const [index, item] of value.entries()) {
        run.later(item, (came) => {
          answers[index] = takeItem(came, run, times)
        })
      }
      return answers
    }
  }

  #complete(
    type: GraphQLOutputType,
    info: GraphQLResolveInfo,
    shortened: Shortened | undefined,
    isChecked: boolean,
  ): Complete {
    if (isNonNullType(type)) return required(this.#complete(type.ofType, info, shortened, isChecked))
    if (isListType(type)) return listOf(this.#complete(type.ofType, info, shortened, isChecked))
    if (isLeafType(type)) {
      // What was checked is written as it is, but for enums.
      if (isChecked && isScalarType(type)) return (value) => value ?? null
      return (value) => (value == null ? null : (type.serialize(value) ?? fail()))
    }
    const project = this.#projectAny(type, info, shortened)
    return (value, run, times) => {
      if (value == null) return null
      return typeof value === 'object' ? project(value, run, times) : fail()
    }
  }

  /** Of an interface or a union, each possible type has a projection of its own. */
  #projectAny(type: GraphQLOutputType, info: GraphQLResolveInfo, shortened: Shortened | undefined): Project {
    const sets = info.fieldNodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    if (isObjectType(type)) return this.project(type, sets, shortened, info.path)
    if (!isAbstractType(type) || !type.resolveType) throw new Unusual()
    const { resolveType } = type
    const possible = this.#selecting.schema.getPossibleTypes(type)
    const projects = new Map(possible.map((one) => [one.name, this.project(one, sets, shortened, info.path)]))
    return (body, run, times) => {
      const project = projects.get(String(resolveType(body, run.context, info, type)))
      return project ? project(body, run, times) : fail()
    }
  }
}

function put(answer: Answer, key: string, value: unknown, take: Complete, run: Run, times: number): void {
  if (!(value instanceof Promise)) {
    answer[key] = take(value, run, times)
    return
  }
  run.later(value, (came) => {
    answer[key] = take(came, run, times)
  })
}
