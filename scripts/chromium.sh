#!/bin/sh
# Install Chromium and Chinese fonts for the journeys where they are missing and may be installed. Never fails:
# without Chromium the journeys are skipped by name.
set -u

have_chromium() {
    [ -n "${CHROMIUM:-}" ] && return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

have_fonts() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }

missing=
have_chromium || missing=chromium
have_fonts || missing="$missing fonts-noto-cjk"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root='sudo -n'
else
    echo "缺少${missing}：请以 root 运行 apt-get install ${missing}；没有 Chromium 时跳过浏览器测试。" >&2
    exit 0
fi
command -v apt-get >/dev/null 2>&1 || { echo "缺少 ${missing}，而这里没有 apt-get。" >&2; exit 0; }
echo "正在安装 $missing ……" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
{ $root apt-get update -qq && $root apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
    echo "没有装上 ${missing}；没有 Chromium 时跳过浏览器测试。" >&2
exit 0
