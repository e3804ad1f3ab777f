import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'

export const createGateway = (supergraphSdl) =>
  new ApolloGateway({
    supergraphSdl,
    buildService: ({ url }) =>
      new RemoteGraphQLDataSource({
        url,
        willSendRequest: ({ request, context }) =>
          request.http.headers.set('authorization', context.authorization ?? ''),
      }),
  })
