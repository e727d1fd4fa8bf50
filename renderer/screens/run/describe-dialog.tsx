import { TagsInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { RunSummary } from '../../../shared/domain/run.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { tagsIn } from '../runs/run-view.ts'

type Props = { readonly run: RunSummary; readonly onClose: () => void }

const MOST_TAGS = 12
const LONGEST_TAG = 40
const LONGEST_NOTES = 10_000

/** Tags to find the run by, and what is worth remembering about it. */
export function DescribeDialog({ run, onClose }: Props) {
  const [tags, setTags] = useState([...run.tags])
  const [notes, setNotes] = useState(run.notes)
  const { data: runs } = useCall('runs.list', {})
  const describe = useAction('runs.describe')
  const tagFault = tags.some((tag) => tag.length > LONGEST_TAG) ? `At most ${LONGEST_TAG} characters a tag.` : null
  const notesFault = notes.length > LONGEST_NOTES ? `At most ${LONGEST_NOTES} characters.` : null
  const usable = tagFault === null && notesFault === null
  return (
    <FormDialog
      title={`Tags and notes of “${run.name}”`}
      size="lg"
      action="Save"
      usable={usable}
      saving={describe}
      failed="It was not saved"
      onSave={() => describe.mutate({ runId: run.id, tags, notes }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <TagsInput
        label="Tags"
        description="Enter adds one."
        data-autofocus
        // An open list takes the Escape that is meant for the dialog.
        openOnFocus={false}
        data={tagsIn(runs ?? [])}
        value={tags}
        onChange={setTags}
        maxTags={MOST_TAGS}
        error={tagFault}
        clearable
      />
      <Textarea
        label="Notes"
        autosize
        minRows={4}
        maxRows={14}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
        error={notesFault}
      />
    </FormDialog>
  )
}
