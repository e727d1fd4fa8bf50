import { LR_SCHEDULES } from '../../../../shared/domain/run-config.ts'
import type { Fields } from './field-spec.ts'

/** What everyone sets: how long and how fast it learns. */
export const TRAINING_FIELDS = {
  learning_rate: {
    kind: 'number',
    label: 'Learning rate',
    hint: 'Highest rate of the schedule. 2e‑4 is usual for adapters.',
  },
  num_train_epochs: { kind: 'number', label: 'Epochs', hint: 'Times the training data is gone through.' },
  per_device_train_batch_size: { kind: 'number', label: 'Batch size', hint: 'Samples in one forward pass.' },
  gradient_accumulation_steps: {
    kind: 'number',
    label: 'Accumulation',
    hint: 'Batches added up before each optimizer step.',
  },
  gradient_checkpointing: {
    kind: 'switch',
    label: 'Gradient checkpointing',
    hint: 'Keeps only what enters each layer and computes the rest again in the backward pass: less memory, slower steps.',
  },
  lr_scheduler_type: { kind: 'choice', choices: LR_SCHEDULES, label: 'Schedule', hint: 'How the learning rate falls.' },
  max_seq_length: { kind: 'number', label: 'Longest sample', hint: 'Tokens; longer samples are cut.' },
} as const satisfies Fields
