import { type ExportDtype, FILE_DTYPES } from '../../../shared/domain/export.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { type ModelFolder, openModelFolder } from '../formats/model-folder.ts'
import { writeModelShards } from '../formats/write-shards.ts'

/** From here on a number is nearer to the next power of two, which float16 does not have, than to 65504. */
export const FLOAT16_END = 65_520

/** Writes the float32 weights of a folder as another dtype: each rounded once, to nearest, ties to even. */
export async function roundModel(
  from: string,
  to: string,
  dtype: Exclude<ExportDtype, 'float32'>,
  progress: (done: number) => Promise<void>,
): Promise<void> {
  const folder = openModelFolder(from)
  try {
    if (dtype === 'float16') refuseOverflow(folder)
    let done = 0
    const tensors = folder.names.map((name) => ({
      name,
      dtype: FILE_DTYPES[dtype],
      shape: folder.info(name).shape,
      data: async () => {
        await progress(done++ / folder.names.length)
        return folder.readFloat32(name)
      },
    }))
    await writeModelShards(to, tensors)
  } finally {
    folder.close()
  }
}

/** A weight that float16 cannot hold would be infinite, and every answer with it. */
function refuseOverflow(folder: ModelFolder): void {
  const complaints = folder.names.flatMap((name) => {
    const values = folder.readFloat32(name)
    const at = values.findIndex((value) => Math.abs(value) >= FLOAT16_END)
    return at < 0 ? [] : [`tensor "${name}" has ${values[at]} at element ${at}, float16 ends at 65504`]
  })
  if (complaints.length === 0) return
  throw manyFaults('bad-tensor', 'The merged model', complaints, 'Write it as bfloat16 or float32.')
}
