package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/vexfs/vexstream/bench/result"
)

// alpha is the p below which a difference is told from chance.
const alpha = 0.05

// moreIsBetter are units in which it is, beside all that are a second.
var moreIsBetter = map[string]bool{"times-postgres": true, "x-scan": true, "reads": true}

// print writes a line for each figure that both runs have, in the order of the new one, and names those that one lacks.
func print(w io.Writer, old, cur []result.Figure) {
	fmt.Fprint(w, "| figure | unit | before | now | change | p | |\n|---|---|---|---|---|---|---|\n")
	known := map[[2]string]result.Figure{}
	for _, f := range old {
		known[[2]string{f.Name, f.Unit}] = f
	}
	var added, gone []string
	for _, f := range cur {
		key := [2]string{f.Name, f.Unit}
		o, ok := known[key]
		if !ok {
			added = append(added, f.Name+" "+f.Unit)
			continue
		}
		delete(known, key)
		fmt.Fprintln(w, line(o, f))
	}
	for _, f := range old {
		if _, ok := known[[2]string{f.Name, f.Unit}]; ok {
			gone = append(gone, f.Name+" "+f.Unit)
		}
	}
	for what, names := range map[string][]string{"Only now": added, "Only before": gone} {
		if len(names) > 0 {
			fmt.Fprintf(w, "\n%s: %s\n", what, strings.Join(names, "; "))
		}
	}
}

// line is a row of the page.
func line(old, cur result.Figure) string {
	_, o, _ := result.Spread(old.Values)
	_, c, _ := result.Spread(cur.Values)
	p := result.Differ(old.Values, cur.Values)
	return fmt.Sprintf("| %s | %s | %.4g | %.4g | %s | %.3f | %s |", cur.Name, cur.Unit, o, c, change(o, c), p, verdict(cur.Unit, o, c, p, min(len(old.Values), len(cur.Values))))
}

func change(old, cur float64) string {
	switch {
	case old == cur:
		return "0"
	case old == 0:
		return "from 0"
	}
	return fmt.Sprintf("%+.1f %%", 100*(cur/old-1))
}

// verdict says better or worse where the rounds tell it from chance; what counts exactly needs none.
func verdict(unit string, old, cur, p float64, rounds int) string {
	exact := unit == "B/op" || unit == "allocs/op"
	switch {
	case old == cur:
		return ""
	case !exact && rounds < 4:
		return "too few rounds"
	case !exact && p >= alpha:
		return "chance"
	case (cur > old) == (strings.HasSuffix(unit, "/s") || strings.HasSuffix(unit, "/cpu-s") || moreIsBetter[unit]):
		return "better"
	}
	return "**worse**"
}
