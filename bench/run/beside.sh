#!/usr/bin/env bash
# beside.sh [ROUNDS]: how much slower 15 million rows come in while another client reads a view of a million groups over
# and over. Server, writer and reader are processes of their own (psql), as they are outside of a benchmark. Prints each
# round's rows a second alone and beside the reader, and the median of the ratios.
set -euo pipefail
rounds=${1:-5} dir=$(mktemp -d) pg=127.0.0.1:5479 http=127.0.0.1:8479
go build -o "$dir/vexstream" ./cmd/vexstream
"$dir/vexstream" serve --data "$dir/data" --pg-addr $pg --http-addr $http >"$dir/log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$dir"' EXIT
for _ in $(seq 100); do curl -sf http://$http/readyz >/dev/null && break; sleep 0.1; done

sql() { psql -qAt -h ${pg%:*} -p ${pg#*:} -U admin vexstream -c "$1"; }
seq 0 999999 | awk '{print $1 "," $1 % 7}' >"$dir/rows.csv"
load() { sql "\copy g FROM '$dir/rows.csv' WITH (FORMAT csv)"; }
# timed gives rows a second of fifteen loads, until the view has them: long enough for a few reads to fall into them.
timed() {
  local began=$(date +%s%N)
  for _ in $(seq 15); do load; done
  sql "SELECT k FROM groups LIMIT 1" >/dev/null
  echo $((15000000 * 1000000000 / ($(date +%s%N) - began)))
}

sql "CREATE STREAM g (k bigint, v bigint)"
sql "CREATE MATERIALIZED VIEW groups AS SELECT k, count(*), sum(v) FROM g GROUP BY k" 2>/dev/null
load
for round in $(seq "$rounds"); do
  alone=$(timed)
  touch "$dir/go"
  (while [ -e "$dir/go" ]; do sql "COPY (SELECT * FROM groups) TO STDOUT" >/dev/null; echo >>"$dir/reads"; done) &
  reader=$!
  beside=$(timed)
  rm "$dir/go"
  wait $reader
  echo "round $round: $alone rows/s alone, $beside beside a reader"
  echo "$alone $beside" | awk '{print 100 * ($1 / $2 - 1)}' >>"$dir/slower"
done
sort -g "$dir/slower" | awk -v reads="$(wc -l <"$dir/reads")" '{v[NR] = $1}
  END {printf "slower by %.0f %% (median of %d, from %.0f to %.0f), %d reads\n", v[int((NR + 1) / 2)], NR, v[1], v[NR], reads}'
