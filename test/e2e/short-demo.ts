import type { Page } from 'playwright-core'

/** Fills the form with the demo's settings, cut short. */
export async function fillShortDemo(page: Page, steps: number): Promise<void> {
  await page.getByRole('link', { name: 'New run' }).first().click()
  await page.getByRole('button', { name: 'Fill the form with it' }).click()
  await page.getByText('Ready to start').waitFor()
  await page.getByRole('button', { name: 'Schedule and length' }).click()
  await page.getByLabel('Most steps').fill(String(steps))
}
