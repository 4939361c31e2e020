#!/bin/sh
# Builds the Linux addon inside a container, as root, with the project as the current folder:
#
#   docker run --rm -v "$PWD:/project" -w /project IMAGE sh scripts/build-in-container.sh
#
# quay.io/pypa/manylinux_2_28_*: an addon for glibc from 2.28, the oldest that Node 20 itself runs with.
# node:20-alpine: an addon for musl.
set -eu

glibc_max=2.28

if command -v apk >/dev/null; then
  apk add --no-cache curl gcc musl-dev
else
  # The image has a compiler, and no Node.
  dnf module enable -y nodejs:20
  dnf install -y nodejs npm
fi

curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none
. "$HOME/.cargo/env"
# The one of rust-toolchain.toml.
rustup toolchain install

npm ci
npm run build
node __test__/nodes/smoke.mjs

# A newer symbol would load here and fail on a user's older system.
if ! command -v apk >/dev/null; then
  newest=$(objdump -T hypercache.*.node | sed -n 's/.*GLIBC_\([0-9.]*\).*/\1/p' | sort -uV | tail -n 1)
  echo "needs glibc $newest, at most $glibc_max is allowed"
  [ "$(printf '%s\n' "$newest" "$glibc_max" | sort -V | tail -n 1)" = "$glibc_max" ]
fi
