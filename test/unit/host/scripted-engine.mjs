// A stand-in for the engine that speaks the protocol and then does what the test wrote into `prompt_template` as JSON:
// {steps, delayMs, checkpointEvery, end, ignoreStop, exportFiles, askMs, askFails}. `end`: finish, fail, exit, sigkill, heap, garbage, hang.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const send = (message) => new Promise((done) => process.send(message, () => done()))
let stop = null
process.on('disconnect', () => process.exit(1))

function plan(steps) {
  const counts = {
    totalParameters: 1000,
    trainableParameters: 100,
    totalSteps: steps,
    stepsPerEpoch: steps,
    trainRows: 8,
  }
  const rows = { validationRows: 2, testRows: 2, truncatedRows: 0, paddingShare: 0.1, graphNodes: 10 }
  return {
    modelType: 'llama',
    backend: 'portable',
    device: 'script',
    ...counts,
    ...rows,
    modelHash: 'm',
    dataHash: 'd',
  }
}

const row = (step, name, value, module = '') => ({ step, name, module, value, wallMs: Date.now() + 0.25 })

async function checkpoint(runFolder, step) {
  const folder = join(runFolder, `checkpoint-${step}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ step }))
  await send({ type: 'checkpoint', step, folder, bytes: 12, evalLoss: 0.5, best: step === 5 })
}

async function end(kind, steps) {
  if (kind === 'exit') process.stderr.write('first line of trouble\nlast words of the engine\n')
  if (kind === 'heap')
    process.stderr.write('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n')
  if (kind === 'exit' || kind === 'heap') process.exit(kind === 'heap' ? 134 : 3)
  if (kind === 'sigkill') process.kill(process.pid, 'SIGKILL')
  if (kind === 'garbage') await send({ type: 'metrics', rows: [{ step: -1, name: 'nonsense' }] })
  if (kind === 'garbage' || kind === 'hang') await delay(3_600_000)
  if (kind === 'fail') {
    const error = {
      code: 'diverged',
      message: 'train_loss is NaN at step 3.',
      hint: 'Lower learning_rate.',
      details: ['a', 'b'],
    }
    return send({ type: 'failed', error: { ...error, retryable: false } })
  }
  return send({ type: 'finished', step: steps })
}

async function train({ config, runFolder, resumeFrom }) {
  const script = {
    steps: 5,
    delayMs: 1,
    checkpointEvery: 0,
    end: 'finish',
    ignoreStop: false,
    ...JSON.parse(config.prompt_template),
  }
  await send({ type: 'phase', phase: 'Reading the model', progress: 0.5 })
  await send({ type: 'plan', plan: plan(script.steps), versions: { engine: '1' } })
  const from = resumeFrom === null ? 0 : Number(basename(resumeFrom).split('-')[1])
  for (let step = from + 1; step <= script.steps; step++) {
    await delay(script.delayMs)
    const modules = Array.from({ length: script.modules ?? 1 }, (_, i) => `layers.${i}.q_proj`)
    const rows = [
      row(step, 'train_loss', 1 / step),
      ...modules.map((module) => row(step, 'delta_d', step / 100, module)),
    ]
    await send({ type: 'metrics', rows })
    if (script.checkpointEvery > 0 && step % script.checkpointEvery === 0) await checkpoint(runFolder, step)
    if (stop && !script.ignoreStop) {
      if (stop.checkpoint) await checkpoint(runFolder, step)
      return send({ type: 'stopped', step })
    }
  }
  if (script.end === 'finish') {
    await send({
      type: 'metrics',
      rows: [row(script.steps, 'test_accuracy', 0.75), row(script.steps, 'eval_loss', 0.5)],
    })
    await checkpoint(runFolder, script.steps)
  }
  return end(script.end, script.steps)
}

async function exportModel({ config, checkpoint: source, kind, output, dtype }) {
  await send({ type: 'phase', phase: `Writing ${kind}`, progress: 0.5 })
  const script = JSON.parse(config.prompt_template)
  if (script.exportFails) {
    return send({
      type: 'failed',
      error: { code: 'disk', message: 'No space left.', hint: '', details: [], retryable: true },
    })
  }
  await delay(script.exportDelayMs ?? 0)
  mkdirSync(output, { recursive: true })
  writeFileSync(join(output, 'model.safetensors'), readdirSync(source).join())
  const figures = { prompts: 4, tokens: 100, maxAbsDifference: 1e-6, maxAbsLogit: 12, meanKl: 0, topOneAgreement: 1 }
  const rounded = dtype === null ? {} : { dtype, maxAbsDifference: 0.05, unrounded: 1e-6 }
  const proof = { ...figures, ...rounded }
  const report = {
    folder: output,
    files: [{ name: 'model.safetensors', bytes: 10 }],
    proof: kind === 'adapter' ? null : proof,
    notes: kind === 'gguf' ? ['Look at the Modelfile.'] : [],
  }
  return send({ type: 'exported', report })
}

// The adapter's folder says what happens: one named `broken` does not fit.
async function merge({ base, adapter, output }) {
  await send({ type: 'phase', phase: 'Reading the adapter', progress: 0 })
  if (adapter.endsWith('broken')) {
    const details = ['one', 'two']
    return send({
      type: 'failed',
      error: { code: 'bad-file', message: `${adapter}: one.`, hint: '', details, retryable: false },
    })
  }
  mkdirSync(output, { recursive: true })
  writeFileSync(join(output, 'model.safetensors'), `${base} ${adapter}`)
  const proof = { prompts: 8, tokens: 512, maxAbsDifference: 1e-6, maxAbsLogit: 12, meanKl: 0, topOneAgreement: 1 }
  return send({
    type: 'exported',
    report: { folder: output, files: [{ name: 'model.safetensors', bytes: 10 }], proof },
  })
}

const workOf = (products) => ({ products, bfloat16Products: 0, stacks: 0, bytes: 0, nodes: 0 })

// What is asked is answered in the file's own words, so that a test can tell one look from another.
async function inspect({ question }) {
  if (question.subject === 'run') {
    const { impossible } = JSON.parse(question.config.prompt_template)
    if (impossible) {
      const problem = { field: 'method', message: `${question.config.method}: no.`, hint: 'Take another.' }
      return send({ type: 'inspected', inspection: { subject: 'run', facts: { plan: null, problems: [problem] } } })
    }
    // VeRA is the larger one here, so that twins can be told apart.
    const adapter = question.config.method === 'vera' ? 3 : 1
    const memory = { weights: 1, adapter, optimizer: 1, activations: 1, engine: 1, available: 10 }
    const { totalParameters, trainableParameters } = plan(1)
    const rows = { trainRows: 8, validationRows: 0, testRows: 0, truncatedRows: 0, droppedRows: 0, paddingShare: 0 }
    const steps = { steps: 4, stepsPerEpoch: 4, epochs: 1, tokens: 400 }
    const work = { training: workOf(1e12), besides: workOf(1e11) }
    const facts = { plan: { totalParameters, trainableParameters, ...steps, ...rows, memory, work }, problems: [] }
    return send({ type: 'inspected', inspection: { subject: 'run', facts } })
  }
  if (question.subject === 'fit') {
    const { per_device_train_batch_size: batch } = question.config
    const changes = { per_device_train_batch_size: batch / 2, gradient_accumulation_steps: 2 }
    const memory = { weights: 1, adapter: 1, optimizer: 1, activations: 0, engine: 1 }
    const work = { training: workOf(1e12), besides: workOf(0) }
    const alone = [{ kinds: ['batch'], changes, memory, fits: true, cutRows: 0, work, tokens: 400 }]
    const facts = { limit: question.limit ?? 10, needed: 5, alone, together: null }
    return send({ type: 'inspected', inspection: { subject: 'fit', facts } })
  }
  if (question.subject === 'scores') {
    const script = JSON.parse(question.config.prompt_template)
    for (let done = 0; done <= 6; done++) {
      await send({ type: 'asked', done, total: 6 })
      await delay(script.askMs ?? 0)
    }
    if (script.askFails) {
      const error = { code: 'bad-data', message: 'No such labels.', hint: 'Look at the data.', details: [] }
      return send({ type: 'failed', error: { ...error, retryable: false } })
    }
    // What was trained is better by about one in all but one of its examples.
    const loss = [2, 2.1, 2.2, 2.3, 2.4, 2.5].map(
      (value, i) => value - (question.checkpoint === null || i === 5 ? 0 : 1 + i / 50),
    )
    const accuracy = loss.map((value) => (value < 2 ? 1 : 0))
    const facts = { loss, accuracy, reciprocalRank: null, labels: loss.map(() => 3), rows: 6, lacksHead: false }
    return send({ type: 'inspected', inspection: { subject: 'scores', facts } })
  }
  if (question.subject === 'rank') {
    const { config, checkpoint } = question
    const figures = { directions: config.r, limit: 64, effective: 2, most: 2, nearlyAll: 3, moved: 0.1 }
    const facts = {
      r: config.r,
      alpha: config.lora_alpha,
      rslora: false,
      modules: [{ module: checkpoint, ...figures }],
      kept: [1],
    }
    return send({ type: 'inspected', inspection: { subject: 'rank', facts } })
  }
  if (question.subject === 'speed') {
    const facts = { products: 1e11, bfloat16Products: 1e11, stacks: 1e11, bytes: 1e10 }
    return send({ type: 'inspected', inspection: { subject: 'speed', facts } })
  }
  if (question.subject === 'data') process.exit(3)
  const empty = { architecture: '', modelType: '', parameters: null, layers: null, hiddenSize: null, vocabSize: null }
  const rest = { maxPositions: null, bytes: process.pid, files: 0, dtypes: [], tokenizer: null, linears: [] }
  const facts = {
    folder: question.folder,
    ...empty,
    ...rest,
    embeddings: [],
    dropouts: null,
    trainable: true,
    problems: [],
  }
  return send({ type: 'inspected', inspection: { subject: 'model', facts } })
}

const FACTS = {
  device: 'script',
  task: 'CAUSAL_LM',
  slots: 64,
  template: 'chat',
  memory: true,
  system: '',
  instruction: '',
  note: '',
}
const alive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const orders = []
const cancelled = new Set()
const stats = (tokens, reason) => ({
  promptTokens: 1,
  reusedTokens: 0,
  droppedTurns: 0,
  tokens,
  promptSeconds: 0,
  seconds: 0.1,
  reason,
})

// A conversation: the model folder may hold `needs`, a folder whose chat must have ended (its `pid`), or `broken`. What
// is said is what happens: "die", "hang", "fail", "slow" (words until it is cancelled), "template" (tells its own); all else is told back.
async function chat({ config, checkpoint }) {
  const folder = config.model_name_or_path
  await send({ type: 'phase', phase: 'Loading the model', progress: null })
  const fail = (code, message) =>
    send({ type: 'failed', error: { code, message, hint: '', details: [], retryable: false } })
  if (existsSync(join(folder, 'broken'))) return fail('bad-file', 'The model is broken.')
  const needs = existsSync(join(folder, 'needs')) && readFileSync(join(folder, 'needs'), 'utf8')
  if (needs && alive(Number(readFileSync(join(needs, 'pid'), 'utf8')))) return fail('out-of-memory', 'Too large.')
  writeFileSync(join(folder, 'pid'), String(process.pid))
  await send({ type: 'ready', facts: FACTS })
  while (!stop) {
    const order = orders.shift()
    if (order) await answer(order, checkpoint, config)
    else await delay(2)
  }
  return send({ type: 'stopped', step: 0 })
}

async function answer({ id, prompt, options }, checkpoint, config) {
  const { history } = prompt
  const text = prompt.text === 'template' ? config.prompt_template : prompt.text
  const done = (result) => send({ type: 'generated', id, result })
  if (text === 'fail') {
    const error = { code: 'bad-data', message: 'The prompt is too long.', hint: '', details: [], retryable: false }
    return done({ error })
  }
  if (text === 'hang') {
    await send({ type: 'token', id, text: 'hanging' })
    await delay(3_600_000)
  }
  const said = history.map(({ user, assistant }) => `${user}>${assistant}`).join(' ')
  const words =
    text === 'slow' ? new Array(10_000).fill('word') : [`${checkpoint ? basename(checkpoint) : 'base'}:`, text]
  let tokens = 0
  for (const word of [...words, `[${said}]`, `t=${options.temperature}`]) {
    if (cancelled.has(id)) return done({ stats: stats(tokens, 'cancelled'), prediction: null })
    await send({ type: 'token', id, text: tokens++ === 0 ? word : ` ${word}` })
    if (text === 'die' && tokens === 2) process.kill(process.pid, 'SIGKILL')
    if (text === 'slow') await delay(2)
  }
  return done({ stats: stats(tokens, 'end'), prediction: null })
}

const JOBS = { train, export: exportModel, merge, inspect, chat }

process.on('message', async (message) => {
  if (message.type === 'stop') {
    stop = message
    return
  }
  if (message.type === 'generate') return void orders.push(message)
  if (message.type === 'cancel') return void cancelled.add(message.id)
  if (message.type === 'stored') return
  await JOBS[message.type](message)
  // Lets the last report leave before the channel closes.
  process.disconnect()
})
