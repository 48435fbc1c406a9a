package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/bench/result"
)

// printPage prints a run, a table a section: a line a benchmark, with the middle of the rounds and, of several, how far they lay apart.
func printPage(w io.Writer, run *result.Run) {
	m := run.Machine
	fmt.Fprintf(w, "# Run of %s\n\n", run.Began)
	fmt.Fprintf(w, "%s, %d cores, %.0f GB, Linux %s, %s, %s. Commit %s. Rounds: %d.\n", m.CPU, m.Cores, float64(m.Memory)/1024, m.Kernel, m.System, m.Go, run.Commit, run.Rounds)
	if run.Short {
		fmt.Fprintf(w, "The short form: each figure had so little time that only its allocations compare with another run's.\n")
	}
	for _, s := range run.Sections {
		fmt.Fprintf(w, "\n## %s\n", s.Name)
		for _, c := range s.Commands {
			fmt.Fprintf(w, "\n`%s`\n\nLoad when it began %.1f; %.0f s.", c.Line, c.Load, c.Seconds)
			if c.Failed != "" {
				fmt.Fprintf(w, " **Failed**: %s.", c.Failed)
			}
			fmt.Fprint(w, "\n\n")
			table(w, c.Figures)
		}
	}
}

// table prints figures, those of one name in one line.
func table(w io.Writer, figures []result.Figure) {
	if len(figures) == 0 {
		return
	}
	fmt.Fprint(w, "| benchmark | figures |\n|---|---|\n")
	for i := 0; i < len(figures); {
		name := figures[i].Name
		var said []string
		for ; i < len(figures) && figures[i].Name == name; i++ {
			said = append(said, figure(figures[i]))
		}
		fmt.Fprintf(w, "| %s | %s |\n", name, strings.Join(said, ", "))
	}
}

func figure(f result.Figure) string {
	least, middle, most := result.Spread(f.Values)
	text := rounded(middle) + " " + f.Unit
	if most > least {
		text += " (" + rounded(least) + " to " + rounded(most) + ")"
	}
	return text
}

// rounded writes a number with three digits that count, and whole numbers whole.
func rounded(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}
