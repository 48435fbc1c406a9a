package result

import (
	"strconv"
	"strings"
)

// module is taken off the names of packages.
const module = "github.com/vexfs/vexstream/"

// Parse reads what go test -bench printed: a benchmark's lines of several rounds, and of several commands one after the
// other, become the values of one figure for each unit. Lines that are of no benchmark are passed over.
func Parse(text string) (figures []Figure) {
	pkg := ""
	for line := range strings.Lines(text) {
		if p, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = strings.TrimPrefix(strings.TrimSpace(p), module) + "."
			continue
		}
		name, values, ok := benchmark(line)
		if !ok {
			continue
		}
		for i := 0; i+1 < len(values); i += 2 {
			v, err := strconv.ParseFloat(values[i], 64)
			if err != nil {
				break
			}
			figures = add(figures, pkg+name, values[i+1], v)
		}
	}
	return figures
}

// benchmark takes a line apart that tells of one: its name, how often it ran, and then values and their units in turn.
func benchmark(line string) (name string, values []string, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return "", nil, false
	}
	name, ok = strings.CutPrefix(fields[0], "Benchmark")
	if _, err := strconv.ParseInt(fields[1], 10, 64); !ok || err != nil {
		return "", nil, false
	}
	if at := strings.LastIndexByte(name, '-'); at > 0 { // the number of processors, which belongs to the machine
		if _, err := strconv.Atoi(name[at+1:]); err == nil {
			name = name[:at]
		}
	}
	return name, fields[2:], true
}
