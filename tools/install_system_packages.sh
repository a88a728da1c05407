#!/usr/bin/env bash
# Installs with apt what is missing of the compilers, the emulator, venv, and of the commands given
# as arguments, each of which is its package's name.
# Looks for the tools themselves, not for packages, so any other way of installing them will do.
set -euo pipefail

missing=()

need() { # need PACKAGE COMMAND...: PACKAGE is missing if COMMAND fails
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_cxx_headers() { arm-none-eabi-g++ -E -x c++ -include cstddef /dev/null; }
has_newlib_nano() { [[ $(arm-none-eabi-gcc -print-file-name=nano.specs) == /* ]]; }

need gcc command -v gcc
need libc6-dev test -e /usr/include/stdio.h
need gcc-arm-none-eabi command -v arm-none-eabi-gcc
need libnewlib-arm-none-eabi has_newlib_nano
need libstdc++-arm-none-eabi-dev has_cxx_headers # for tests; --runtime tflm needs ...-newlib
need qemu-system-arm command -v qemu-system-arm
need python3-venv "${PYTHON:-python3}" -c 'import ensurepip, venv'
for name in "$@"; do
  need "$name" command -v "$name"
done

if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  as_root=(sudo)
  # Without a terminal nobody can type a password: fail at once instead of waiting for one.
  [[ -t 0 ]] || as_root=(sudo -n)
fi

if ! command -v apt-get >/dev/null || ! command -v "${as_root[0]:-true}" >/dev/null; then
  echo "Missing: ${missing[*]} (Debian's package names)." >&2
  echo "This script installs them with apt-get, as root or through sudo, and cannot here." >&2
  echo "Install them yourself, then run make again." >&2
  exit 1
fi

echo "Installing system packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
