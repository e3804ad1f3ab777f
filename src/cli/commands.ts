import './production.ts'

import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { checkSettings } from '../config/check.ts'
import { settings } from '../config/config.ts'
import { sandboxSettings } from '../config/sandbox.ts'
import { helpOf, remarksOf } from '../config/settings.ts'
import { exit, tell } from './exit.ts'
import { printSchema, type Readers } from './schema.ts'

// Commander routes and prints help. The flags are read by the settings' rows, so that all mistakes are told at once.

/** A command whose flags are settings. */
function commandOf(name: string, description: string, rows: Parameters<typeof helpOf>[0]): Command {
  return new Command(name)
    .description(description)
    .usage('[settings]')
    .helpOption('-h, --help', 'prints this')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', helpOfSettings(rows))
    .hook('preAction', (_command, { args }) => {
      for (const remark of remarksOf(rows, process.env, args)) tell(`Warning: ${remark}`)
    })
}

function helpOfSettings(rows: Parameters<typeof helpOf>[0]): string {
  return `\nSettings, each a flag or a variable of the environment, --port or PORT:\n${helpOf(rows).trimEnd()}`
}

const serve = commandOf('serve', 'starts the gateway (what happens without a command)', settings)
  // What is loaded is what the command needs.
  .action(async (_options, { args }) => (await import('./serve.ts')).serve(args))

const sandbox = commandOf('sandbox', 'starts the embedded authentik alone', sandboxSettings).action(
  async (_options, { args }) => (await import('./sandbox.ts')).startAlone(args),
)

const check = commandOf(
  'check',
  'asks authentik whether the gateway works with it; exits with 2 if something breaks',
  checkSettings,
).action(async (_options, { args }) => (await import('./check.ts')).checkAuthentik(args))

const schema = new Command('schema')
  .description('prints the schema, with what fields cost')
  .helpOption('-h, --help', 'prints this')
  .addOption(new Option('--federation', 'as a subgraph of Apollo Federation').conflicts('stitching'))
  .option('--stitching', 'for schema stitching')
  .action((readers: Readers) => printSchema(readers))

const names = [serve, sandbox, check, schema].map((command) => command.name())
const [first = '-'] = process.argv.slice(2)
// It would be taken for an argument of the default command. A secret in a wrong place is not repeated.
if (!first.startsWith('-') && !names.includes(first))
  exit([`expected one of the commands ${names.join(', ')}, or flags alone, got another word`])

const { version, description } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

// A text that nobody can read is no reason to end.
process.stdout.on('error', () => {})
await new Command('authentik-graphql')
  .description(description)
  .usage('[command] [settings]')
  .version(version, '--version', 'prints the version')
  .helpOption('-h, --help', 'prints this, or with a command what that does')
  .helpCommand(false)
  .addHelpText('after', helpOfSettings(settings))
  .addCommand(serve, { isDefault: true })
  .addCommand(sandbox)
  .addCommand(check)
  .addCommand(schema)
  .parseAsync()
