package expr

import (
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/regex"
)

// patternExpr is a compiled regular expression.
type patternExpr = regex.Regexp

// maxPatterns bounds the cache of compiled patterns; when it is full it starts anew.
const maxPatterns = 1024

var patterns = struct {
	sync.Mutex
	m map[string]*patternExpr
}{m: map[string]*patternExpr{}}

// compilePattern compiles an advanced regular expression of PostgreSQL. flags are those of regexp_replace and its kin;
// g is not one of them here.
func compilePattern(p, flags string) (*patternExpr, error) {
	key := flags + "/" + p
	patterns.Lock()
	re := patterns.m[key]
	patterns.Unlock()
	if re != nil {
		return re, nil
	}
	re, err := regex.Compile(p, flags)
	if err != nil {
		return nil, err
	}
	patterns.Lock()
	if len(patterns.m) >= maxPatterns {
		clear(patterns.m)
	}
	patterns.m[strings.Clone(key)] = re
	patterns.Unlock()
	return re, nil
}

// firstGroup is where the first group of the first match lies; the match, if the pattern has no group.
func firstGroup(re *patternExpr, s []byte) (lo, hi int, ok bool, err error) {
	m, err := re.Find(nil, s, 0)
	if m == nil {
		return 0, 0, false, err
	}
	if len(m) > 2 {
		m = m[2:]
	}
	return m[0], m[1], m[0] >= 0, nil
}
