package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is one Go file under check.
type source struct {
	*check
	name, pkg string
	fset      *token.FileSet
	file      *ast.File
	test      bool   // the rules about layers, goroutines and length are for what ships
	timePkg   string // what the file calls package time, "" if it does not import it
}

// source checks a Go file.
func (c *check) source(name string, src []byte) {
	s := &source{check: c, name: name, pkg: path.Dir(name), fset: token.NewFileSet(), test: strings.HasSuffix(name, "_test.go")}
	f, err := parser.ParseFile(s.fset, name, src, parser.ParseComments)
	if err != nil {
		c.addf(name, "does not parse: %v", err)
		return
	}
	s.file = f
	if !slices.Contains(c.Floor, s.pkg) {
		c.addf(name, "package %s is not in the floor plan", s.pkg)
	}
	for _, imp := range f.Imports {
		s.importSpec(imp)
	}
	s.comments()
	s.names()
	ast.Inspect(f, func(n ast.Node) bool { s.node(n); return true })
	if formatted, err := format.Source(src); err == nil && !bytes.Equal(formatted, src) {
		c.addf(name, "is not formatted: run gofmt -w")
	}
	if s.test {
		return
	}
	c.docs[s.pkg] = append(c.docs[s.pkg], nil...)
	if f.Doc != nil {
		c.docs[s.pkg] = append(c.docs[s.pkg], path.Base(name))
	}
	if ast.IsGenerated(f) {
		return
	}
	if n := bytes.Count(src, []byte("\n")); n > c.MaxFile {
		c.addf(name, "%d lines, the limit is %d", n, c.MaxFile)
	}
	for _, d := range f.Decls {
		s.documented(d)
		if fn, ok := d.(*ast.FuncDecl); ok {
			s.length(fn)
		}
	}
}

func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, s.fset.Position(n.Pos()).Line)
}

// importSpec checks one import: of ours by room and floor, of the standard library by what the room must do without, of
// others by their door.
func (s *source) importSpec(spec *ast.ImportSpec) {
	imp, _ := strconv.Unquote(spec.Path.Value)
	if spec.Name != nil && spec.Name.Name == "." {
		s.addf(s.at(spec), "imports %s with a dot", imp)
	}
	if imp == "time" {
		s.timePkg = "time"
		if spec.Name != nil {
			s.timePkg = spec.Name.Name
		}
	}
	if ours, ok := strings.CutPrefix(imp, s.Module+"/"); ok {
		s.ours(spec, ours)
		return
	}
	first, _, _ := strings.Cut(imp, "/")
	if strings.Contains(first, ".") {
		s.guest(spec, imp)
		return
	}
	if imp == "C" {
		s.addf(s.at(spec), "uses cgo")
	}
	for folder, banned := range s.Without {
		if within(s.pkg, []string{folder}) && within(imp, banned) && !s.test {
			s.addf(s.at(spec), "%s must do without %s", folder, imp)
		}
	}
}

func (s *source) ours(spec *ast.ImportSpec, imp string) {
	if s.test && slices.Contains(s.Twins, imp) {
		return
	}
	from, to := room(s.pkg), room(imp)
	if from != to && !slices.Contains(s.Rooms[from], to) {
		s.addf(s.at(spec), "no door from %s to %s (%s)", from, to, imp)
		return
	}
	if s.test {
		return
	}
	here, there := slices.Index(s.Floor, s.pkg), slices.Index(s.Floor, imp)
	if there < 0 || here >= 0 && there >= here {
		s.addf(s.at(spec), "%s is not before %s in the floor plan", imp, s.pkg)
	}
	if only, ok := s.Only[s.pkg]; ok && !slices.Contains(only, imp) {
		s.addf(s.at(spec), "%s may not import %s", s.pkg, imp)
	}
	if within(imp, s.Testing) && !within(s.pkg, s.Testing) {
		s.addf(s.at(spec), "%s is for tests", imp)
	}
}

func (s *source) guest(spec *ast.ImportSpec, imp string) {
	if (s.test || within(s.pkg, s.Testing)) && within(imp, s.Tests) {
		return
	}
	door := ""
	for mod := range s.Guests {
		if within(imp, []string{mod}) && len(mod) > len(door) {
			door = mod
		}
	}
	switch {
	case door == "":
		s.addf(s.at(spec), "the house does not know %s", imp)
	case !within(s.pkg, s.Guests[door]):
		s.addf(s.at(spec), "%s may only enter %s", imp, strings.Join(s.Guests[door], ", "))
	}
}

// The functions of package time that read the clock, and those that wait for it.
var (
	clockReaders = []string{"Now", "Since", "Until"}
	timeWaiters  = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Sleep", "Tick"}
)

func (s *source) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		if !s.test && !within(s.pkg, s.Go) {
			s.addf(s.at(n), "%s may not start goroutines", s.pkg)
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && s.timePkg != "" && x.Name == s.timePkg {
			s.time(n)
		}
	}
}

func (s *source) time(n *ast.SelectorExpr) {
	f := n.Sel.Name
	switch {
	case s.test && f == "Sleep":
		s.addf(s.at(n), "a test sleeps: use testing/synctest or channels")
	case s.test:
	case slices.Contains(clockReaders, f) && !within(s.pkg, s.Clock):
		s.addf(s.at(n), "%s may not read the clock (time.%s)", s.pkg, f)
	case slices.Contains(timeWaiters, f) && !within(s.pkg, s.Timer):
		s.addf(s.at(n), "%s may not wait for time (time.%s)", s.pkg, f)
	}
}

func (s *source) length(fn *ast.FuncDecl) {
	if n := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1; n > s.MaxFunc {
		s.addf(s.at(fn), "%s has %d lines, the limit is %d", fn.Name.Name, n, s.MaxFunc)
	}
}
