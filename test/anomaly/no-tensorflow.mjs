// Preloaded into a studio: the native addon of TensorFlow finds its library missing, as the system's loader puts it.
const { dlopen } = process

process.dlopen = (module, file, flags) => {
  if (String(file).endsWith('tfjs_binding.node')) {
    throw new Error('libtensorflow.so.2: cannot open shared object file: No such file or directory')
  }
  return dlopen.call(process, module, file, ...(flags === undefined ? [] : [flags]))
}
