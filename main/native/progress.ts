/** What is being done, and how far it is (0 to 1) or null when that is unknown. */
export type Progress = (text: string, fraction: number | null) => void
