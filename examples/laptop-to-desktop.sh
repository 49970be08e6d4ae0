#!/usr/bin/env bash
# Two machines, one store: what is saved on the laptop is on the desktop, and back.
# Both "machines" are daemons with a state of their own here, over an embedded store that stands for a shared disk or a bucket.
#   examples/laptop-to-desktop.sh            (needs `holdall` in PATH; touches only a temporary directory)
set -euo pipefail

base=$(mktemp -d)
touch "$base/holdall.toml"
export HOLDALL_CONFIG=$base/holdall.toml HOLDALL_STORE__URL=file://$base/store
mkdir -p "$base"/{store,laptop,desktop}/notes
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null || true; wait; rm -rf "$base"' EXIT

on() {  # on MACHINE ARGUMENTS…: holdall with that machine's state and socket
    local machine=$1
    shift
    STATE_DIRECTORY=$base/$machine/state HOLDALL_SOCKET=$base/$machine.sock holdall "$@"
}

for machine in laptop desktop; do
    # Not through the function: $! has to be the daemon's own number, not a subshell's.
    STATE_DIRECTORY=$base/$machine/state HOLDALL_SOCKET=$base/$machine.sock holdall run 2>"$base/$machine.log" &
    daemons+=($!)
    for _ in $(seq 200); do [ -S "$base/$machine.sock" ] && break; sleep 0.05; done
    on "$machine" mount "$base/$machine/notes" --context notes >"$base/mounted"
done

echo "== laptop: write a note, wait until it is in the store"
echo "buy milk" >"$base/laptop/notes/list.md"
on laptop flush notes

echo "== desktop: wait until it is here, go on with it"
on desktop wait notes
cat "$base/desktop/notes/list.md"
echo "and bread" >>"$base/desktop/notes/list.md"
on desktop flush notes

echo "== laptop: the other way"
on laptop wait notes
cat "$base/laptop/notes/list.md"

echo "== laptop: as it was before the desktop had it"
cd "$base/laptop/notes"
on laptop restore --at 1 --to "$base/before" list.md
cat "$base/before/list.md"

diff -r "$base/laptop/notes" "$base/desktop/notes" && echo "== both are the same"
