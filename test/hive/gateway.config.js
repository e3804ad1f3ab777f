export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
  },
  __experimental__batchExecution: false,
  __experimental__batchDelegateOptions: { maxBatchSize: 50 },
}
