import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { GGUF_DTYPES } from '../../shared/domain/export.ts'
import { METHOD_KINDS, type MethodKind } from '../../shared/domain/method-kind.ts'
import { FEWEST_EXAMPLES, MOST_EXAMPLES, SPLITS, USUAL_EXAMPLES } from '../../shared/domain/paired.ts'
import { MOST_TWINS } from '../../shared/domain/twins.ts'
import { dataFolder, studioVersion } from '../host/folders.ts'
import { type Host, type HostOptions, openHost } from '../host/host.ts'
import { importBundle, reproduceRun, saveBundle } from './commands/bundle.ts'
import { type ChatOptions, chat } from './commands/chat.ts'
import type { CommandContext, CommandResult } from './commands/command.ts'
import { doctor } from './commands/doctor.ts'
import { type DownloadOptions, download } from './commands/download.ts'
import { type EstimateOptions, estimate } from './commands/estimate.ts'
import { type EvaluateOptions, evaluate } from './commands/evaluate.ts'
import { type ExportOptions, exportRun } from './commands/export.ts'
import { type HistoryOptions, history } from './commands/history.ts'
import { limit } from './commands/limit.ts'
import { type MergeOptions, merge } from './commands/merge.ts'
import { rank } from './commands/rank.ts'
import { listRuns, showRun } from './commands/runs.ts'
import { type ServeOptions, serve } from './commands/serve.ts'
import { resumeRun, type TrainOptions, train } from './commands/train.ts'
import { EXIT, type ExitCode, exitCodeOfFault } from './exit-code.ts'
import { createOutput } from './output.ts'

type Json = { readonly json: boolean }
type Perform = (context: CommandContext) => CommandResult

/** Runs a command with its host, closes it, and turns whatever is thrown into text and an exit code. */
async function perform(json: boolean, options: HostOptions, command: Perform): CommandResult {
  const output = createOutput(json)
  let host: Host | undefined
  try {
    return await command({
      output,
      dataFolder: options.dataFolder ?? dataFolder(),
      openHost: async (more = {}) => (host ??= await openHost({ ...options, ...more })),
    })
  } catch (error) {
    return exitCodeOfFault(output.fault(error).code)
  } finally {
    await host?.close()
  }
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Wanted a number.')
}

function port(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value
  throw new InvalidArgumentError('Wanted a whole number from 0 (any free port) to 65535.')
}

function examples(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= FEWEST_EXAMPLES && value <= MOST_EXAMPLES) return value
  throw new InvalidArgumentError(`Wanted a whole number from ${FEWEST_EXAMPLES} to ${MOST_EXAMPLES}.`)
}

/** `lora,dora`: in the order they are to train. */
function methods(text: string): MethodKind[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))]
  const kinds = names.flatMap((name) => METHOD_KINDS.find((kind) => kind === name) ?? [])
  if (kinds.length === names.length && kinds.length <= MOST_TWINS) return kinds
  throw new InvalidArgumentError(`Wanted one to ${MOST_TWINS} of ${METHOD_KINDS.join(', ')}, with commas between.`)
}

const UNITS = { '': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 } as const

/** `8GB`, `600 MB` or plain bytes. */
function memorySize(text: string): number {
  const [, amount = '', unit = ''] = /^([0-9.]+)\s*([kmgt]b)?$/i.exec(text.trim()) ?? []
  const bytes = Math.round(Number(amount) * UNITS[unit.toLowerCase() as keyof typeof UNITS])
  if (amount !== '' && bytes >= 1 && bytes <= 1e15) return bytes
  throw new InvalidArgumentError('Wanted a size such as 8GB or 600MB.')
}

const memoryLimit = (text: string): number | null => (text === 'none' ? null : memorySize(text))

const collect = (value: string, earlier: readonly string[]) => [...earlier, value]
const EXAMPLES = `
Examples:
  dora-studio train resources/demo/kinds-dora.yaml --set learning_rate=1e-3
  dora-studio train resources/demo/kinds-dora.yaml --method dora,lora
  dora-studio runs
  dora-studio export last --merged my-model
  dora-studio chat last --prompt "oak: a tall tree"

In the studio's folder: npm run cli -- train …`

const RUN_HELP = 'run id, the beginning of one, a name, or "last"'

const dtypeOption = (dtypes: readonly string[]) =>
  new Option('--dtype <DTYPE>', "of a merged model's weights; default: that of the base's own files").choices(dtypes)

/** The command line; `run` gets the command that was asked for. */
function createProgram(run: (options: Json, command: Perform) => Promise<void>): Command {
  const program = new Command('dora-studio')
    .description('Fine-tune a model with DoRA, watch it, export it.')
    .version(studioVersion())
    .addHelpText('after', EXAMPLES)
    // Defaults that are worth knowing stand in the descriptions.
    .configureHelp({ optionDescription: ({ description }) => description })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'Error:')) })
  const add = (usage: string, about: string, parent = program) =>
    parent.command(usage).description(about).option('--json', 'machine-readable lines on standard output', false)
  add('train', 'train as a run file says, until the end')
    .argument('[RUN.yaml]', 'run file')
    .option('--from <RUN>', `the settings of an earlier run instead of a file's: ${RUN_HELP}`)
    .option('--resume <RUN>', `go on with an earlier run of the same file: ${RUN_HELP}`)
    .option('--method <METHODS>', `train with these, a run each: ${METHOD_KINDS.join(', ')}`, methods)
    .option('--set <key=value>', 'replace a setting; may be repeated', collect, [])
    .action((file: string | undefined, options: TrainOptions & Json) =>
      run(options, (context) => train(file, options, context)),
    )
  add('estimate', 'tell what a run would take, and what would make it fit')
    .argument('<RUN.yaml>', 'run file')
    .option('--set <key=value>', 'replace a setting of the file; may be repeated', collect, [])
    .option('--method <METHODS>', 'what each of these would take, as train would train them', methods)
    .option(
      '--memory-limit <SIZE>',
      'most memory that it may take, such as 8GB; default: what is free, or the limit of this machine',
      memorySize,
    )
    .action((file: string, options: EstimateOptions & Json) =>
      run(options, (context) => estimate(file, options, context)),
    )
  add('resume', 'go on with a stopped, failed or interrupted run')
    .argument('<RUN>', RUN_HELP)
    .action((text: string, options: Json) => run(options, (context) => resumeRun(text, context)))
  add('runs', 'list the history, newest first').action((options: Json) => run(options, listRuns))
  add('show', 'show one run')
    .argument('<RUN>', RUN_HELP)
    .action((text: string, options: Json) => run(options, (context) => showRun(text, context)))
  add('limit', 'show, or set, the most memory that a run may take on this machine')
    .argument('[SIZE]', 'such as 8GB, or none', memoryLimit)
    .action((size: number | null | undefined, options: Json) => run(options, (context) => limit(size, context)))
  add('evaluate', 'ask a run and its base, or two runs, the same examples')
    .argument('<RUN>', RUN_HELP)
    .option('--against <RUN>', 'the other run; default: the base model of the run')
    .addOption(new Option('--split <SPLIT>', 'which examples; default: test').choices(SPLITS).default('test'))
    .addOption(
      new Option('--examples <N>', `at most so many of them, drawn at random; default: ${USUAL_EXAMPLES}`)
        .argParser(examples)
        .default(USUAL_EXAMPLES),
    )
    .action((text: string, options: EvaluateOptions & Json) =>
      run(options, (context) => evaluate(text, options, context)),
    )
  add('rank', 'tell how many of its directions an adapter uses, and what rank to choose next')
    .argument('<RUN>', RUN_HELP)
    .action((text: string, options: Json) => run(options, (context) => rank(text, context)))
  add('export', 'write the tuned model from the last checkpoint')
    .argument('<RUN>', RUN_HELP)
    .option('--merged <FOLDER>', 'a whole model, the adapter merged into its weights')
    .option('--adapter <FOLDER>', 'the adapter alone, as PEFT reads it')
    .option('--gguf <FOLDER>', 'the merged model as one file for llama.cpp, with a Modelfile for Ollama')
    .addOption(dtypeOption(GGUF_DTYPES))
    .action((text: string, options: ExportOptions & Json) =>
      run(options, (context) => exportRun(text, options, context)),
    )
  add('download', 'fetch a model, or files of a data set, from the Hugging Face Hub')
    .argument('<NAME>', 'org/name, or the address of its page')
    .option('--dataset', 'it is a data set', false)
    .option('--file <PATH>', 'a file of the data set; may be repeated', collect, [])
    .option('--revision <REVISION>', 'branch, tag or commit; default: main')
    .action((name: string, options: DownloadOptions & Json) =>
      run(options, (context) => download(name, options, context)),
    )
  add('merge', 'merge a PEFT adapter from anywhere into its base model')
    .requiredOption('--base <FOLDER>', 'the model that the adapter was trained on')
    .requiredOption('--adapter <FOLDER>', 'adapter_config.json and adapter_model.safetensors')
    .option('--output <FOLDER>', 'a new folder for the whole model')
    .option('--gguf <FOLDER>', 'or one for a file for llama.cpp, with a Modelfile for Ollama')
    .addOption(dtypeOption(GGUF_DTYPES))
    .action((options: MergeOptions & Json) => run(options, (context) => merge(options, context)))
  add('chat', 'talk to a tuned or a base model')
    .argument('[RUN|MODEL_FOLDER]', `${RUN_HELP}; or a model folder`)
    .option('--base [FOLDER]', "the run's base model, without what was trained; or the base of --adapter")
    .option('--adapter <FOLDER>', 'a PEFT adapter from anywhere, on the model of --base')
    .option('--prompt <TEXT>', 'answer this and end')
    .option(
      '--system <TEXT>',
      'system message, for models with a chat template; default: that of the first training row',
    )
    .option('--instruction <TEXT>', 'what to do with the prompt; default: that of the first training row')
    .option(
      '--memory',
      'earlier turns are part of the prompt; the default, but where the training data has few answers',
    )
    .option('--no-memory', 'each text stands alone')
    .option('--max-new-tokens <N>', 'longest answer; 128 unless told', number)
    .option('--temperature <T>', '0 (default): always the likeliest token', number)
    .option('--top-p <P>', 'only the likeliest tokens with this probability together', number)
    .option('--top-k <K>', 'only the K likeliest tokens', number)
    .option('--repetition-penalty <R>', 'over 1: tokens seen before become less likely', number)
    .option('--seed <S>', 'the same seed gives the same answer', number)
    .option('--stop <TEXT>', 'end the answer before this text; may be repeated', collect, [])
    .action((text: string | undefined, options: ChatOptions & Json) =>
      run(options, (context) => chat(text, options, context)),
    )
  add('serve', 'open the studio in a browser')
    .option('--port <PORT>', 'port on this machine, else 5720; 0: any free one', port)
    .option('--open', 'start the browser', false)
    .action((options: ServeOptions & Json) => run(options, (context) => serve(options, context)))
  add('history', 'check the file that holds all runs, or repair it')
    .option('--repair', 'put what can be read of a damaged one into a new file; the damaged one is kept', false)
    .action((options: HistoryOptions & Json) => run(options, (context) => history(options, context)))
  const bundle = program.command('bundle').description('runs as files: save, import, make again')
  add('export', 'save an ended run as one file: settings, hashes, versions, curves', bundle)
    .argument('<RUN>', RUN_HELP)
    .argument('<FILE>', 'file to write')
    .action((text: string, file: string, options: Json) => run(options, (context) => saveBundle(text, file, context)))
  add('import', 'take up a run that was saved', bundle)
    .argument('<FILE>', 'file of a saved run')
    .action((file: string, options: Json) => run(options, (context) => importBundle(file, context)))
  add('reproduce', 'make a run again and compare all numbers', bundle)
    .argument('<RUN>', RUN_HELP)
    .action((text: string, options: Json) => run(options, (context) => reproduceRun(text, context)))
  add('doctor', 'check device, library and speed').action((options: Json) => run(options, doctor))
  return program
}

/** Runs the command line with `args` (without node and script); `hostOptions` for another data folder or engine. Never rejects. */
export async function runProgram(args: readonly string[], hostOptions: HostOptions = {}): CommandResult {
  let code: ExitCode = EXIT.fine
  const program = createProgram(async ({ json }, command) => {
    code = await perform(json, hostOptions, command)
  })
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])])
    command.exitOverride().showHelpAfterError('What to do: --help shows how it is used.')
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    // Commander has printed its text already; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
    createOutput(false).fault(error)
    return EXIT.failed
  }
}
