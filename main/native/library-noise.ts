/** Lines libtensorflow prints before its own log level is in force; of no use to anybody. */
export function isLibraryNoise(line: string): boolean {
  return /^WARNING: All log messages before absl|\] oneDNN custom operations are on/.test(line)
}
