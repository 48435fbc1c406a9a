// Package tidy checks the house rules that the compiler does not know: who may import whom, who may start goroutines
// and read the clock, how long things may get, what must be documented, which words are not used. The rules are one
// text, house.txt; the test of this package checks the whole tree against it.
//
// It reads source and builds nothing, so it takes about a second. It is not a linter for taste: what gofmt, vet and
// staticcheck say is theirs to say.
package tidy

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// House is the rules. Folders are named from the root with slashes; a folder stands for everything below it.
type House struct {
	Module   string
	Rooms    map[string][]string // room: the other rooms it may import from
	Floor    []string            // every package, in the order in which they may import each other
	Only     map[string][]string // package: all of our packages that it may import
	Guests   map[string][]string // foreign module: the folders that it may enter
	Tests    []string            // foreign modules that tests may import
	Testing  []string            // packages that are there for tests
	Twins    []string            // packages that tests of every room may import
	Without  map[string][]string // folder: packages of the standard library that it must do without
	Go       []string            // folders that may start goroutines
	Clock    []string            // folders that may read the time of day
	Timer    []string            // folders that may wait for time to pass
	MaxFile  int                 // lines
	MaxFunc  int                 // lines
	Words    []string            // that no name has
	Terms    []string            // names that may have them all the same
	Comments []string            // words that no comment has
	Texts    []string            // that no file has
	Methods  []string            // that need no comment
}

// Parse reads the text of the rules. An error names the line that says nothing it knows.
func Parse(text string) (*House, error) {
	h := &House{Rooms: map[string][]string{}, Only: map[string][]string{}, Guests: map[string][]string{}, Without: map[string][]string{}}
	lists := map[string]*[]string{
		"tests": &h.Tests, "testing": &h.Testing, "twin": &h.Twins, "term": &h.Terms, "go": &h.Go, "clock": &h.Clock,
		"timer": &h.Timer, "word": &h.Words, "comment": &h.Comments, "text": &h.Texts, "method": &h.Methods,
	}
	maps := map[string]map[string][]string{"room": h.Rooms, "guest": h.Guests, "without": h.Without}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if err := h.line(f, lists, maps); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", n, strings.TrimSpace(line), err)
		}
	}
	return h, nil
}

func (h *House) line(f []string, lists map[string]*[]string, maps map[string]map[string][]string) error {
	if len(f) < 2 {
		return fmt.Errorf("nothing after %s", f[0])
	}
	list, rule := lists[f[0]], maps[f[0]]
	switch {
	case list != nil:
		*list = append(*list, f[1:]...)
	case rule != nil:
		if _, twice := rule[f[1]]; twice {
			return fmt.Errorf("%s stands there twice", f[1])
		}
		rule[f[1]] = f[2:]
	case f[0] == "module":
		h.Module = f[1]
	case f[0] == "floor":
		return h.floor(f[1:])
	case f[0] == "limit" && len(f) == 3:
		n, err := strconv.Atoi(f[2])
		if err != nil {
			return err
		}
		if f[1] == "file" {
			h.MaxFile = n
		} else {
			h.MaxFunc = n
		}
	default:
		return fmt.Errorf("%s is no rule", f[0])
	}
	return nil
}

func (h *House) floor(f []string) error {
	switch {
	case slices.Contains(h.Floor, f[0]):
		return fmt.Errorf("%s stands there twice", f[0])
	case h.Rooms[room(f[0])] == nil:
		return fmt.Errorf("%s is in no room", f[0])
	case len(f) > 1 && f[1] != "only":
		return fmt.Errorf("%s is not the word only", f[1])
	case len(f) > 1:
		h.Only[f[0]] = f[2:]
	}
	h.Floor = append(h.Floor, f[0])
	return nil
}

// Check gives what is wrong with the files of fsys, one line each, sorted. Folders with a go.mod of their own, testdata
// and hidden folders other than .ci are not looked at.
func (h *House) Check(fsys fs.FS) ([]string, error) {
	c := &check{House: h, docs: map[string][]string{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return c.enter(fsys, name)
		case !d.Type().IsRegular() || !isText(name) || name == "bench/tidy/house.txt":
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		c.text(name, string(src))
		if strings.HasSuffix(name, ".go") {
			c.source(name, src)
		}
		return nil
	})
	c.packages()
	slices.Sort(c.bad)
	return c.bad, err
}

type check struct {
	*House
	docs map[string][]string // package: its files that have a package comment
	bad  []string
}

func (c *check) addf(where, format string, args ...any) {
	c.bad = append(c.bad, where+": "+fmt.Sprintf(format, args...))
}

// enter says whether a folder is looked at.
func (c *check) enter(fsys fs.FS, name string) error {
	base := path.Base(name)
	if name == "." || base == ".ci" {
		return nil
	}
	if base[0] == '.' || base == "testdata" || base == "data" && room(name) == name {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func isText(name string) bool {
	switch path.Ext(name) {
	case ".go", ".md", ".txt", ".toml", ".sql", ".sh", ".yml", ".yaml", ".js", ".css", ".html", ".mod":
		return true
	}
	return path.Base(name) == "Makefile" || strings.HasPrefix(name, ".ci/")
}

// text checks what holds for every file of text.
func (c *check) text(name, src string) {
	if strings.Contains(src, "\r\n") {
		c.addf(name, "lines end with CR LF, want LF")
	}
	if src != "" && !strings.HasSuffix(src, "\n") {
		c.addf(name, "the last line does not end")
	}
	for _, banned := range c.Texts {
		if at := strings.Index(src, banned); at >= 0 {
			c.addf(fmt.Sprintf("%s:%d", name, 1+strings.Count(src[:at], "\n")), "names %s", banned)
		}
	}
}

// packages checks what holds for packages as a whole.
func (c *check) packages() {
	for pkg, files := range c.docs {
		if len(files) != 1 {
			c.addf(pkg, "%d files have a package comment, want 1 %v", len(files), files)
		}
	}
}

// room is the first part of a folder's name.
func room(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// within says whether pkg is one of the folders or below one.
func within(pkg string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return pkg == f || strings.HasPrefix(pkg, f+"/") })
}
