import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'

export interface Subgraph {
  readonly name: string
  readonly url: string
  readonly sdl: string
}

/** The supergraph of some subgraphs, empty where errors tell why there is none. */
export function compose(subgraphs: readonly Subgraph[]): { errors: string[]; supergraph: string } {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }))
  const { errors = [], supergraphSdl = '' } = composeServices(services)
  return { errors: errors.map(({ message }) => message), supergraph: supergraphSdl }
}
