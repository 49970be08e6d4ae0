#!/usr/bin/env bash
# A job on machines that go away: one is killed in the middle, the next one goes on with what was saved, a third one finds it done.
# Each "machine" has a state and a working directory of its own; the store stands for a bucket.
#   examples/job-in-a-sandbox.sh             (needs `holdall` in PATH; touches only a temporary directory)
set -euo pipefail

base=$(mktemp -d)
touch "$base/holdall.toml"
export HOLDALL_CONFIG=$base/holdall.toml HOLDALL_STORE__URL=file://$base/store
mkdir "$base/store"
trap 'rm -rf "$base"' EXIT

# The job: ten steps, of which each leaves a file, and which begins where an earlier run of it had come to.
cat >"$base/job.sh" <<'JOB'
cd "$1" && stop=$2
for step in 1 2 3 4 5 6 7 8 9 10; do
    [ -e "step-$step" ] && continue
    echo "done on machine $3" >"step-$step"
    [ "$step" = "$stop" ] && exit 9
done
exit 0
JOB

run() {  # run MACHINE STOP: the job on a machine that has nothing yet
    mkdir -p "$base/$1"
    STATE_DIRECTORY=$base/$1/state holdall exec --context training --path "$base/$1/work" --receipt "$base/$1/receipt.json" \
        -- sh "$base/job.sh" "$base/$1/work" "$2" "$1"
}

echo "== the first machine: the job fails in step 4"
code=0
run first 4 || code=$?
echo "its exit code is the job's own: $code"
[ "$code" = 9 ]
rm -rf "$base/first"

echo "== the second machine begins with nothing, and the job goes on at step 5"
run second none
cat "$base/second/work/step-4" "$base/second/work/step-5"
rm -rf "$base/second"

echo "== the third machine finds it done"
run third none
[ "$(ls "$base/third/work" | wc -l)" = 10 ]
grep -o '"outcome": "[a-z]*"' "$base/third/receipt.json"
