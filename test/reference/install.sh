#!/usr/bin/env bash
# Makes (once for each requirements.txt) a Python environment with torch, transformers and PEFT in the studio's cache
# folder, and prints the path of its Python: export DORA_REFERENCE_PYTHON="$(bash test/reference/install.sh)"
# Needs python3 (3.11 or later) with venv, 6 GB of disk, and about two minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && node --input-type=module -e \
  "import { cacheFolder } from './main/native/cache-folder.mjs'; process.stdout.write(cacheFolder())")
key=$(node -e 'const { createHash } = require("node:crypto"), { readFileSync } = require("node:fs")
  process.stdout.write(createHash("sha256").update(readFileSync(process.argv[1])).digest("hex").slice(0, 12))' "$here/requirements.txt")
folder="$cache/reference-$key"

if [ ! -e "$folder/complete" ]; then
  echo "installing the Python references in $folder" >&2
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-cache-dir --only-binary=:all: \
    -r "$here/requirements.txt" >&2
  # Packages of which only the files are wanted.
  sed -n 's/^# no-deps: //p' "$here/requirements.txt" | xargs -r "$folder/bin/python" -m pip install --quiet \
    --disable-pip-version-check --no-input --no-cache-dir --only-binary=:all: --no-deps >&2
  "$folder/bin/python" -c 'import peft, safetensors, torch, transformers' >&2
  touch "$folder/complete"
fi
echo "$folder/bin/python"
