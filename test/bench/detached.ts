import { GROUPS, measureGroup } from './matrix.ts'
import { hasOption, MACHINE, markdownTable, saveResult } from './report.ts'
import { least, rowOf, titleOf } from './step-results.ts'

/**
 * `npm run bench -- detached [--rounds N] [--steps N] [--again]`: a step of DoRA with the norm as a constant to the
 * gradient and with the full gradient (paper, section 4.3), beside what the paper saved.
 * What this engine was measured at already is taken from results/steps.json, unless --again.
 */
/** Table of section 4.3: training LLaMA-7B with DoRA, GB. */
const PAPER = { full: 37.3, detached: 28.2 } as const

measureGroup(GROUPS.detached, { missing: !hasOption('again') })
const figures = GROUPS.detached.cases.flatMap((measured) => {
  const row = rowOf(measured)
  if (!row) return []
  return {
    case: measured,
    day: row.day,
    stepSeconds: least(row.ours, (run) => run.stepSeconds),
    cpuSeconds: least(row.ours, (run) => run.cpuSeconds),
    peakBytes: least(row.ours, (run) => run.peakBytes),
    nodes: row.ours[0]?.nodes ?? 0,
  }
})
const [constant, full] = figures
if (!constant || !full) throw new Error('One of the two was not measured: see the error above.')

const saved = (detached: number, whole: number) => `${(100 * (1 - detached / whole)).toFixed(1)} %`
const table = markdownTable(
  ['norm in the gradient', 'step (s)', 'processor time (s)', 'peak (GiB)', 'nodes'],
  [
    ...[full, constant].map((of) => [
      of.case.detached ? 'a constant' : 'full gradient',
      of.stepSeconds.toFixed(2),
      of.cpuSeconds.toFixed(2),
      (of.peakBytes / 2 ** 30).toFixed(2),
      String(of.nodes),
    ]),
    [
      'saved',
      saved(constant.stepSeconds, full.stepSeconds),
      saved(constant.cpuSeconds, full.cpuSeconds),
      saved(constant.peakBytes, full.peakBytes),
      saved(constant.nodes, full.nodes),
    ],
    [
      'saved in the paper (LLaMA-7B, PyTorch)',
      '-',
      '-',
      `${PAPER.full} to ${PAPER.detached} GB: ${saved(PAPER.detached, PAPER.full)}`,
      '-',
    ],
  ],
)
saveResult('detached', `${table}\n\n${titleOf(constant.case)}, float32. ${MACHINE}, ${constant.day}.`, {
  machine: MACHINE,
  paperGigabytes: PAPER,
  figures,
})
