// The program in a few files: node starts it in two thirds of the time that its modules take, of which there are hundreds.
// What an application imports (`createGateway`, the sandbox) stays as modules.
import { defineConfig } from 'rolldown'

export default defineConfig({
  input: 'dist/cli/main.js',
  platform: 'node',
  // GraphiQL is 9 MB, and loaded only for whoever opens the page.
  external: ['@graphql-yoga/render-graphiql'],
  // Two levels deep, as its modules are: they find the files of the package by that.
  output: { dir: 'dist/bin', cleanDir: true },
  logLevel: 'warn',
})
