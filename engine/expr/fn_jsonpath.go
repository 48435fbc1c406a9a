package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// pathOperators are the operators that take a jsonpath (manual, 9.16). They hide the errors that silent hides.
func pathOperators() []function {
	return []function{
		{name: "@?", args: "jsonb,jsonpath", ret: "bool", flags: fallible, run: func(f *frame) { pathTest(f, pathUse{operator: true, exists: true}, pathExists) }},
		{name: "@@", args: "jsonb,jsonpath", ret: "bool", flags: fallible, run: func(f *frame) { pathTest(f, pathUse{operator: true}, pathMatch) }},
	}
}

// pathArgs are the forms of every function: vars and silent may be left out.
var pathArgs = []string{"jsonb,jsonpath", "jsonb,jsonpath,jsonb", "jsonb,jsonpath,jsonb,bool"}

func pathFunctions() []function {
	var fs []function
	for _, args := range pathArgs {
		for suffix, how := range map[string]pathUse{"": {}, "_tz": {zones: true}} {
			flags := fallible
			if how.zones {
				flags |= stable
			}
			fs = append(fs,
				function{name: "jsonb_path_exists" + suffix, args: args, ret: "bool", flags: flags, run: func(f *frame) { pathTest(f, how.exist(), pathExists) }},
				function{name: "jsonb_path_match" + suffix, args: args, ret: "bool", flags: flags, run: func(f *frame) { pathTest(f, how, pathMatch) }},
				function{name: "jsonb_path_query_array" + suffix, args: args, ret: "jsonb", flags: flags, run: func(f *frame) { pathValues(f, how, false) }},
				function{name: "jsonb_path_query_first" + suffix, args: args, ret: "jsonb", flags: flags, run: func(f *frame) { pathValues(f, how, true) }})
		}
	}
	return fs
}

func pathSets() []function {
	var fs []function
	for _, args := range pathArgs {
		fs = append(fs, function{name: "jsonb_path_query", args: args, ret: "jsonb", flags: fallible, set: &setOf{make: func() rowSet { return new(pathRows) }}},
			function{name: "jsonb_path_query_tz", args: args, ret: "jsonb", flags: fallible | stable, set: &setOf{make: func() rowSet {
				return &pathRows{how: pathUse{zones: true}}
			}}})
	}
	return fs
}

// pathUse is who evaluates a path: an operator is always silent; with zones, times with and without an offset compare;
// exists says that it is only asked whether something is found.
type pathUse struct{ operator, zones, exists bool }

func (u pathUse) exist() pathUse {
	u.exists = true
	return u
}

// compiledPath keeps the last path that was read: mostly it is a constant.
type compiledPath struct {
	text string
	path *jsonpath.Path
}

func (c *compiledPath) get(text string) (*jsonpath.Path, error) {
	if c.path != nil && c.text == text {
		return c.path, nil
	}
	p, err := jsonpath.Parse(text)
	if err != nil {
		return nil, err
	}
	c.text, c.path = strings.Clone(text), p
	return p, nil
}

// find evaluates the path of row r. silent: the error, if there was one, is to be hidden; an operator is always so.
func (c *compiledPath) find(f *frame, r uint32, how pathUse) (found []any, path *jsonpath.Path, silent bool, err error) {
	if path, err = c.get(f.str(1, r)); err != nil {
		return nil, nil, false, err
	}
	silent = how.operator || len(f.args) > 3 && f.bit(3, r)
	x := pathRun{strict: path.Strict, unset: how.operator, last: -1, root: f.tree(0, r)}
	x.start, x.exists = path.Root, how.exists && !path.Strict
	x.current, x.made, x.zones, x.zone, x.now = x.root, 1, how.zones, f.c.Locale.TimeZone(), f.c.Now
	if len(f.args) > 2 {
		x.vars = f.tree(2, r)
		if _, ok := x.vars.(*jsonObject); !ok {
			return nil, path, false, sqlerr.New(sqlerr.InvalidParameterValue, "\"vars\" argument is not an object").
				WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
		}
	}
	err = x.path(path.Root, x.root, !x.strict, &found)
	return found, path, silent && !isHard(err), err
}

// pathTest sets the rows that hold; a test gives unknown for null.
func pathTest(f *frame, how pathUse, test func(p *jsonpath.Path, found []any, silent bool, err error) (truth, error)) {
	var c compiledPath
	out := f.bits()
	for _, r := range f.rows() {
		found, path, silent, err := c.find(f, r, how)
		if path == nil {
			f.fail(r, err)
			continue
		}
		t, err := test(path, found, silent, err)
		switch {
		case err != nil:
			f.fail(r, err)
		case t == unknown:
			f.null(r)
		case t == isTrue:
			out.Set(int(r))
		}
	}
}

func pathExists(p *jsonpath.Path, found []any, silent bool, err error) (truth, error) {
	switch {
	case len(found) > 0 && (err == nil || !p.Strict):
		return isTrue, nil
	case err != nil && silent:
		return unknown, nil
	}
	return isFalse, err
}

func pathMatch(_ *jsonpath.Path, found []any, silent bool, err error) (truth, error) {
	switch {
	case err != nil && silent:
		return unknown, nil
	case err != nil:
		return unknown, err
	}
	if len(found) == 1 {
		switch v := found[0].(type) {
		case bool:
			return truthOf(v), nil
		case nil:
			return unknown, nil
		}
	}
	if silent {
		return unknown, nil
	}
	return unknown, sqlerr.New(sqlerr.SingletonJSONItemRequired, "single boolean result is expected")
}

func pathValues(f *frame, how pathUse, first bool) {
	var c compiledPath
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		found, _, silent, err := c.find(f, r, how)
		switch {
		case err != nil && !silent:
			f.fail(r, err)
		case !first:
			if found == nil {
				found = []any{}
			}
			out.buf = appendTree(out.buf, found)
		case len(found) == 0:
			f.null(r)
		default:
			out.buf = appendTree(out.buf, found[0])
		}
	}
	out.done()
}

// pathRows is what a path finds, a row each.
type pathRows struct {
	how   pathUse
	path  compiledPath
	found []any
	buf   []byte
}

func (s *pathRows) open(f *frame, r uint32) error {
	found, _, silent, err := s.path.find(f, r, s.how)
	s.found = found
	if silent {
		err = nil
	}
	return err
}

func (s *pathRows) fill(out []*batch.Builder, limit int) (int, error) {
	n := min(limit, len(s.found))
	for _, v := range s.found[:n] {
		s.buf = appendTree(s.buf[:0], v)
		out[0].Bytes(s.buf)
	}
	s.found = s.found[n:]
	return n, nil
}
