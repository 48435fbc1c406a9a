package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/vexfs/vexstream/bench/result"
	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
)

// aboutSum is by how much of a sum two approximations may differ: DuckDB's are 10 % too many of 95,000.
const aboutSum = 0.15

func main() {
	rows := flag.Int("rows", 5_000_000, "how many")
	rounds := flag.Int("rounds", 5, "how often each peer is asked each query, in turn")
	which := flag.String("peers", "duckdb,clickhouse", "of duckdb, clickhouse, postgres")
	names := flag.String("queries", "tumble,count,hop,session,distinct,approx", "which ones")
	keys := flag.String("keys", "both", "event_type and user_id coded: as dictionary keys, and as what each peer has for them; or as strings; or both, one after the other")
	flag.Parse()
	if *rows < 1 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "peers: -rows and -rounds are at least 1")
		os.Exit(2)
	}
	how, ok := map[string][]bool{"coded": {true}, "strings": {false}, "both": {true, false}}[*keys]
	if !ok {
		fmt.Fprintln(os.Stderr, "peers: -keys is coded, strings or both")
		os.Exit(2)
	}
	for _, coded := range how {
		if err := run(context.Background(), *rows, *rounds, strings.Split(*which, ","), strings.Split(*names, ","), coded); err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(1)
		}
	}
}

// run loads the rows everywhere, and asks everybody in turn.
func run(ctx context.Context, rows, rounds int, which, names []string, keys bool) error {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	coding := synth.Plain
	if keys {
		coding = synth.Keys
	}
	us := &ours{}
	file := filepath.Join(dir, "fileops.csv")
	if us.batches, err = write(file, rows, coding); err != nil {
		return err
	}
	peers := []peer{us}
	defer func() {
		for _, p := range peers {
			p.close()
		}
	}()
	for _, name := range which {
		p, err := open(ctx, name, keys)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		peers = append(peers, p)
		if err := p.load(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // ours has one core too
	m := result.Here()
	fmt.Printf("%s, %d cores, %s, commit %s, load %.1f, %s; %d rows, keys %v, %d rounds, one core each\n\n", m.CPU, m.Cores, m.Go, result.Commit(), result.Load(),
		time.Now().UTC().Format(time.RFC3339), rows, keys, rounds)
	head := "| query | " + us.version(ctx) + ", M rows/cpu-s |"
	line := "|---|---|"
	for _, p := range peers[1:] {
		head += " " + p.version(ctx) + ", M rows/cpu-s | times as fast as it: middle (least to greatest) |"
		line += "---|---|"
	}
	fmt.Println(head + "\n" + line)
	for _, q := range queries() {
		if !slices.Contains(names, q.name) {
			continue
		}
		if err := compare(ctx, q, peers, rows, rounds); err != nil {
			return err
		}
	}
	return nil
}

// open starts a peer by its name.
func open(ctx context.Context, name string, keys bool) (peer, error) {
	switch name {
	case "duckdb":
		return openDuckDB(ctx, keys)
	case "clickhouse":
		folder := os.Getenv("VEXSTREAM_PEERS")
		if folder == "" {
			return nil, fmt.Errorf("VEXSTREAM_PEERS names no folder in which npm install chdb@3.4.0 was run")
		}
		return openClickHouse(folder, keys)
	case "postgres":
		return openPostgres(ctx, os.Getenv("VEXSTREAM_TEST_POSTGRES"))
	}
	return nil, fmt.Errorf("there is no such peer")
}

// write makes the rows, and a file of them.
func write(file string, rows int, coding synth.Coding) (out []*batch.Batch, err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	to := bufio.NewWriterSize(f, 1<<20)
	w, err := format.NewWriter(format.CSV, synth.Schema, format.Options{})
	if err != nil {
		return nil, err
	}
	gen := synth.NewFileOps(1, coding)
	var text []byte
	for at := 0; at < rows; at += batch.MaxRows {
		b := gen.Batch(min(batch.MaxRows, rows-at))
		out = append(out, b)
		text = w.AppendBatch(text[:0], b)
		if _, err := to.Write(text); err != nil {
			return nil, err
		}
	}
	return out, to.Flush()
}

// compare asks all peers one query, round by round, and prints a line.
func compare(ctx context.Context, q query, peers []peer, rows, rounds int) error {
	times := make([][]float64, len(peers))
	var want answer
	for round := range rounds + 1 { // the first one is for caches and plans, and to see that all agree
		for i, p := range peers {
			runtime.GC() // each begins with what it made swept away, by nobody's time
			got, took, err := p.ask(ctx, q)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", p.version(ctx), q.name, err)
			}
			if i == 0 && round == 0 {
				want = got
			}
			if got.rows != want.rows || !q.about && got.sum != want.sum || math.Abs(float64(got.sum-want.sum)) > aboutSum*float64(want.sum) {
				return fmt.Errorf("%s: %s gives %+v, vexstream %+v", p.version(ctx), q.name, got, want)
			}
			if round > 0 {
				times[i] = append(times[i], took.Seconds())
			}
		}
	}
	rate := func(seconds []float64) float64 { return float64(rows) / slices.Min(seconds) / 1e6 }
	fmt.Printf("| %s | %.1f |", q.name, rate(times[0]))
	for i := range peers[1:] {
		var ratios []float64
		for r := range rounds {
			ratios = append(ratios, times[i+1][r]/times[0][r])
		}
		least, middle, most := result.Spread(ratios)
		fmt.Printf(" %.1f | %.2f (%.2f to %.2f)%s |", rate(times[i+1]), middle, least, most, map[bool]string{true: ", **the peer wins**"}[middle < 1])
	}
	fmt.Println()
	return nil
}
