package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Run is all that was measured in one go.
type Run struct {
	Machine  Machine   `json:"machine"`
	Commit   string    `json:"commit"` // of the tree that was measured; it ends with "+" if files differed from it
	Began    string    `json:"began"`  // RFC 3339, UTC
	Short    bool      `json:"short"`  // the short form: too little time a figure to compare anything but allocations
	Rounds   int       `json:"rounds"` // values of each figure
	Sections []Section `json:"sections"`
}

// Section is what belongs together.
type Section struct {
	Name     string    `json:"name"`
	Commands []Command `json:"commands"`
}

// Command is one command line and what it printed.
type Command struct {
	Line    string   `json:"line"`    // to be run from the root of the tree
	Load    float64  `json:"load"`    // the machine's load average when it began: 0 is a machine that has nothing else to do
	Seconds float64  `json:"seconds"` // that it took, building included
	Failed  string   `json:"failed,omitempty"`
	Figures []Figure `json:"figures"`
}

// Figure is one thing that was measured, once a round.
type Figure struct {
	Name   string    `json:"name"` // package, a dot, and the benchmark's name without "Benchmark" and the number of processors
	Unit   string    `json:"unit"`
	Values []float64 `json:"values"`
}

// Figures gives all figures of a run in their order.
func (r *Run) Figures() (out []Figure) {
	for _, s := range r.Sections {
		for _, c := range s.Commands {
			out = append(out, c.Figures...)
		}
	}
	return out
}

// Read reads the figures of a file: the JSON that bench/run wrote, or what go test -bench printed.
func Read(file string) ([]Figure, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		var r Run
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return r.Figures(), nil
	}
	figures := Parse(string(text))
	if len(figures) == 0 {
		return nil, fmt.Errorf("%s holds no benchmark's line", file)
	}
	return figures, nil
}

// Write stores a run as JSON.
func (r *Run) Write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// add puts a value to its figure.
func add(figures []Figure, name, unit string, v float64) []Figure {
	at := slices.IndexFunc(figures, func(f Figure) bool { return f.Name == name && f.Unit == unit })
	if at < 0 {
		return append(figures, Figure{Name: name, Unit: unit, Values: []float64{v}})
	}
	figures[at].Values = append(figures[at].Values, v)
	return figures
}
