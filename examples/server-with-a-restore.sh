#!/usr/bin/env bash
# A server's directory under a daemon: checked first, then a bad day (somebody deletes everything), the way back, and an archive that
# stock tar opens.
#   examples/server-with-a-restore.sh        (needs `holdall` in PATH; touches only a temporary directory)
set -euo pipefail

base=$(mktemp -d)
export HOLDALL_CONFIG=$base/holdall.toml STATE_DIRECTORY=$base/state HOLDALL_SOCKET=$base/holdall.sock
mkdir -p "$base"/{store,wiki}
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true; wait; rm -rf "$base"' EXIT

cat >"$base/holdall.toml" <<TOML
[store]
url = "file://$base/store"

[[mounts]]
context = "wiki"
path = "$base/wiki"
ignore = ["*.tmp"]
TOML

echo "== what would be wrong is said before anything starts"
sed 's/ignore/ignroe/' "$base/holdall.toml" >"$base/wrong.toml"
holdall config check "$base/wrong.toml" || true
holdall config check "$base/holdall.toml"

echo "== the daemon, and twelve pages"
holdall run "$base/holdall.toml" 2>"$base/log" &
daemon=$!
for _ in $(seq 200); do [ -S "$base/holdall.sock" ] && break; sleep 0.05; done
for page in $(seq 12); do echo "page $page" >"$base/wiki/$page.md"; done
holdall flush wiki
holdall verify --context wiki --data

echo "== everything is deleted: that looks like an accident, so the store keeps it"
rm "$base"/wiki/*.md
code=0
holdall flush wiki || code=$?
[ "$code" = 4 ]
[ "$(holdall ls --context wiki | wc -l)" = 12 ]

echo "== back again"
(cd "$base/wiki" && holdall restore .)
holdall flush wiki
[ "$(cat "$base/wiki/7.md")" = "page 7" ]

echo "== one archive, for those who have no holdall"
holdall export --context wiki "$base/wiki.tar.zst"
ls -l "$base/wiki.tar.zst" | cut -d' ' -f1

echo "== the daemon ends with a release of what it has"
kill -TERM "$daemon"
wait "$daemon"
daemon=
tail -n 1 "$base/log"
