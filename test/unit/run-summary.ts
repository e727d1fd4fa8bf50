import type { RunSummary } from '../../shared/domain/run.ts'

/** A run that has just been written down: nothing measured, nothing said. */
export const NEW_RUN: RunSummary = {
  id: 'a',
  name: 'Kinds',
  status: 'queued',
  method: 'dora',
  model: 'demo/model',
  data: 'demo/kinds.jsonl',
  createdAt: 1,
  startedAt: null,
  endedAt: null,
  step: 0,
  totalSteps: 0,
  trainLoss: null,
  evalLoss: null,
  evalAccuracy: null,
  testAccuracy: null,
  phase: null,
  error: null,
  resumable: false,
  imported: false,
  alarms: [],
  tags: [],
  notes: '',
  queuePosition: null,
  twins: null,
}
