#!/usr/bin/env node
// Stands in for fpm, a program electron-builder would download: what electron-builder asks of it for a .deb, done by dpkg-deb.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

/** @type {Record<string, { type: 'string' | 'boolean', short?: string, multiple?: boolean }>} */
const options = { force: { type: 'boolean' }, depends: { type: 'string', short: 'd', multiple: true } }
for (const name of ['architecture', 'after-install', 'after-remove', 'description', 'version', 'package', 'name'])
  options[name] = { type: 'string' }
for (const name of ['maintainer', 'vendor', 'url', 'license', 'deb-priority', 'deb-compression', 'deb-recommends'])
  options[name] = { type: 'string' }
options.source = { type: 'string', short: 's' }
options.target = { type: 'string', short: 't' }

const { values, positionals } = parseArgs({ options, allowPositionals: true })
/** @param {string} name */
const text = (name) => String(values[name] ?? '')

/** @param {string} root */
function layOut(root) {
  for (const pair of positionals) {
    const [from = '', to = ''] = pair.split('=')
    const target = join(root, to)
    mkdirSync(from.endsWith('/') ? target : dirname(target), { recursive: true })
    execFileSync('cp', ['-a', from.endsWith('/') ? `${from}.` : from, target])
  }
}

/** @param {string} root */
function describe(root) {
  const size = execFileSync('du', ['-sk', root], { encoding: 'utf8' }).split('\t')[0]
  const description = text('description').trim()
  const fields = {
    Package: text('name'),
    Version: text('version'),
    Architecture: text('architecture'),
    Maintainer: text('maintainer'),
    'Installed-Size': size,
    Depends: [values.depends ?? []].flat().join(', '),
    Recommends: text('deb-recommends'),
    Priority: text('deb-priority'),
    Homepage: text('url'),
    Description: description,
  }
  const control = join(root, 'DEBIAN')
  mkdirSync(control)
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`)
  writeFileSync(join(control, 'control'), lines.join(''))
  for (const [script, option] of [
    ['postinst', 'after-install'],
    ['postrm', 'after-remove'],
  ]) {
    copyFileSync(text(option ?? ''), join(control, script ?? ''))
    chmodSync(join(control, script ?? ''), 0o755)
  }
}

const root = mkdtempSync(join(tmpdir(), 'dora-deb-'))
try {
  chmodSync(root, 0o755)
  layOut(root)
  describe(root)
  // A package for a test need not be small.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, text('package')])
} finally {
  rmSync(root, { recursive: true, force: true })
}
