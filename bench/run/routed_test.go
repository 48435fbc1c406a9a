package main

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge"
)

// routedShare is that one event in so many is what one of the rules is for.
const routedShare = 10

// routingRules is rules of the mix that each send what they hold for to a stream, the paths that those have which look for one, and how many look
// for each folder.
func routingRules(many int) (sql string, paths []string, folders map[string]int) {
	folders = map[string]int{}
	r := rand.New(rand.NewPCG(1, 2))
	text := []string{"CREATE STREAM routed (event_id uuid, ts timestamptz, file_path text, size_bytes bigint)", "BEGIN"}
	for i := range many {
		when := triggerCondition(r, i)
		text = append(text, fmt.Sprintf("CREATE TRIGGER rule%06d AFTER INSERT ON events FOR EACH ROW WHEN (%s) EXECUTE FUNCTION route('routed')", i, when))
		if file, ok := strings.CutPrefix(when, "file_path = '"); ok {
			file, _, _ = strings.Cut(file, "'")
			paths = append(paths, file)
		} else if folder, ok := strings.CutPrefix(when, "file_path LIKE '/"); ok {
			folder, _, _ = strings.Cut(folder, "/%")
			folders["/"+folder]++
		}
	}
	return strings.Join(append(text, "COMMIT"), "; "), paths, folders
}

// BenchmarkRouted emits events of 100,000 paths as fast as a node on disk takes them, of which every tenth is routed by one of 10,000 rules,
// until all are durable. Figures are of one core with GOMAXPROCS=1.
func BenchmarkRouted(b *testing.B) {
	sql, wanted, folders := routingRules(10_000)
	n := latencyNode(b, sql)
	r := rand.New(rand.NewPCG(3, 4))
	events, each := make([]bridge.Event, 100_000), 0 // how often rules hold for one of each of them
	for i := range events {
		e := &events[i]
		*e = bridge.Event{Type: "FilesystemRead", Op: "read", UserID: "user" + strconv.Itoa(i%1000), SizeBytes: 1 << 21, PID: int32(i % 5000), Has: bridge.HasSizeBytes | bridge.HasPID}
		e.Path = fmt.Sprintf("/srv/data/team%04d/other%02d/step%03d/file-%07d.dat", r.IntN(1000), r.IntN(20), r.IntN(1000), i)
		if i%routedShare == 0 {
			e.Path = wanted[r.IntN(len(wanted))]
			each += 1 + folders[path.Dir(e.Path)]
		}
	}
	many := 20 * len(events)
	if short() {
		many = len(events)
	}
	emitted := 0
	for b.Loop() {
		began, spent := time.Now(), cpuTime(b)
		for i := range many {
			if err := n.Emit(b.Context(), events[i%len(events)]); err != nil {
				b.Fatal(err)
			}
		}
		if err := n.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(many)/time.Since(began).Seconds(), "events/s")
		b.ReportMetric(float64(many)/(cpuTime(b)-spent).Seconds(), "events/cpu-s")
		emitted += many
	}
	got, err := n.Query(b.Context(), "SELECT count(*) FROM routed")
	if err != nil {
		b.Fatal(err)
	}
	if want := strconv.Itoa(emitted / len(events) * each); got[0][0] != want {
		b.Fatalf("%s events were routed, want %s", got[0][0], want)
	}
}
