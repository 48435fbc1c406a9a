package main

import (
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/bench/result"
)

const (
	pinRounds = 3   // the least of so many is compared: what a collection of garbage adds is in none of three, as a rule
	maxLoss   = 1.5 // by how much the ratio to a bare loop may grow
)

// pin is a line of pins.txt: a benchmark, how often it runs, and what it may come to.
type pin struct {
	pkg, bench, times string
	limits            []limit
}

// limit is a value in a unit.
type limit struct {
	unit  string
	value float64
}

// parsePins reads the list: package, benchmark, how often, and then values and their units in turn. A # begins a comment.
func parsePins(text string) (out []pin, err error) {
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if len(f) < 3 || len(f)%2 != 1 {
			return nil, fmt.Errorf("pins: not a pin: %s", strings.TrimSpace(l))
		}
		p := pin{pkg: f[0], bench: f[1], times: f[2]}
		for i := 3; i < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return nil, fmt.Errorf("pins: %s is not a number: %s", f[i], strings.TrimSpace(l))
			}
			p.limits = append(p.limits, limit{f[i+1], v})
		}
		out = append(out, p)
	}
	return out, nil
}

// name is what result.Parse calls the benchmark.
func (p *pin) name() string { return p.pkg + "." + p.bench }

// pattern is what go test -bench takes for the benchmarks of pins, and perhaps for some more.
func pattern(list []pin) string {
	var tops, subs []string
	for _, p := range list {
		top, sub, under := strings.Cut(p.bench, "/")
		if !slices.Contains(tops, top) {
			tops = append(tops, top)
		}
		if under {
			subs = append(subs, regexp.QuoteMeta(sub))
		}
	}
	out := "^Benchmark(" + strings.Join(tops, "|") + ")$"
	if len(subs) > 0 {
		out += "/^(" + strings.Join(subs, "|") + ")$"
	}
	return out
}

// measure runs the pinned benchmarks: those of one package that stand together and run equally often, in one process.
func measure(ctx context.Context, list []pin, w io.Writer) ([]result.Figure, error) {
	var all strings.Builder
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].pkg == list[0].pkg && list[n].times == list[0].times {
			n++
		}
		args := []string{
			"test", "-run", "^$", "-bench", pattern(list[:n]), "-benchmem", "-benchtime", list[0].times,
			"-count", strconv.Itoa(pinRounds), "./" + list[0].pkg,
		}
		list = list[n:]
		cmd := osexec.CommandContext(ctx, "go", args...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			fmt.Fprintf(w, "%s", out)
			return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
		}
		all.Write(out)
	}
	return result.Parse(all.String()), nil
}

// least gives the smallest value of a figure.
func least(figures []result.Figure, name, unit string) (float64, bool) {
	for _, f := range figures {
		if f.Name == name && f.Unit == unit {
			v, _, _ := result.Spread(f.Values)
			return v, true
		}
	}
	return 0, false
}

// check compares what was measured with the pins, says what is worse, or better so that it may be pinned anew, and
// whether nothing is worse.
func check(list []pin, figures []result.Figure, w io.Writer) bool {
	ok := true
	for _, p := range list {
		for _, l := range p.limits {
			got, found := least(figures, p.name(), l.unit)
			most := l.value
			if l.unit == bareUnit {
				most *= maxLoss
			}
			switch {
			case !found:
				fmt.Fprintf(w, "%s was not measured in %s\n", p.name(), l.unit)
				ok = false
			case got > most:
				fmt.Fprintf(w, "%s: %v %s, and %v is pinned\n", p.name(), got, l.unit, l.value)
				ok = false
			case got < l.value && l.unit != bareUnit:
				fmt.Fprintf(w, "%s: %v %s, better than the %v that is pinned\n", p.name(), got, l.unit, l.value)
			}
		}
	}
	if !ok {
		fmt.Fprintln(w, "If it has to be so, go run ./bench/compare -pins -write pins it, and the change says why.")
	}
	return ok
}

// bareUnit is the unit of bench/bare: how many times as long as the bare loop.
const bareUnit = "x-bare"

// repin writes the list anew with what was measured.
func repin(text string, list []pin, figures []result.Figure) string {
	var out strings.Builder
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) == 0 || f[0][0] == '#' {
			out.WriteString(l)
			continue
		}
		p := list[0]
		list = list[1:]
		fmt.Fprintf(&out, "%s %s %s", p.pkg, p.bench, p.times)
		units := []string{"B/op", "allocs/op"}
		if _, bare := least(figures, p.name(), bareUnit); bare {
			units = []string{bareUnit}
		}
		for _, unit := range units {
			if v, ok := least(figures, p.name(), unit); ok {
				fmt.Fprintf(&out, " %s %s", strconv.FormatFloat(v, 'f', -1, 64), unit)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
