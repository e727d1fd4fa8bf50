import { expect, test } from 'vitest'
import { compileArguments } from '../../../main/native/compile.ts'

const input = {
  packageFolder: '/p/tfjs',
  nodeHeaders: '/p/headers',
  installation: '/c/tf',
  libraries: ['libtensorflow_cc.so.2'],
  sources: ['/p/tfjs/binding/a.cc'],
  output: '/c/tf/lib/x',
}

test('on Linux the addon is a shared library that finds libtensorflow beside itself', () => {
  const text = compileArguments({ ...input, platform: 'linux' }).join(' ')
  expect(text).toContain('-shared')
  expect(text).toContain('-o /c/tf/lib/x /c/tf/tensorflow/libtensorflow_cc.so.2')
  expect(text).toContain('-Wl,-rpath,$ORIGIN/../../tensorflow')
})

test("on macOS it is a bundle that takes Node's own symbols when it is loaded", () => {
  const text = compileArguments({ ...input, platform: 'darwin' }).join(' ')
  expect(text).toContain('-bundle -undefined dynamic_lookup')
  expect(text).toContain('-Wl,-rpath,@loader_path/../../tensorflow')
  expect(text).not.toContain('-shared')
})
