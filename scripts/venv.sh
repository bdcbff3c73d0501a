#!/bin/sh
# Make .venv with Python 3.11 and uv in it, also on a bare Debian and over a half-made one.
set -eu

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

is_python_3_11() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; }

# A whole environment that lacks the stamp only is kept: somebody may be using it.
if is_python_3_11 .venv/bin/python && .venv/bin/uv --version >/dev/null 2>&1; then
    touch .venv/made
    exit 0
fi

python=
for name in python3.11 python3; do
    if is_python_3_11 "$name"; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    say "需要 Python 3.11（python3.11 或 python3），这台机器上没有找到。"
    exit 1
fi

make_venv() { rm -rf .venv && "$python" -m venv .venv; }

if ! make_venv 2>/dev/null >&2; then
    as_root env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -qq && apt-get install -qq -y --no-install-recommends python3.11-venv' >/dev/null 2>&1 || true
    if ! make_venv >/dev/null 2>&1; then
        rm -rf .venv
        say "无法建立 .venv：请以 root 运行 apt-get install python3-venv，然后重试。"
        exit 1
    fi
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
touch .venv/made
