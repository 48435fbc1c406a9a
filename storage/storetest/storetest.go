// Package storetest is the suite that every state.Store passes: it says in tests what the interface says in words.
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// Run runs the suite. open gives an empty Store for each call.
func Run(t *testing.T, open func(t *testing.T) state.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, state.Store)
	}{
		{"SetGetDelete", setGetDelete},
		{"ScanOrder", scanOrder},
		{"Rollback", rollback},
		{"Panic", panics},
		{"OwnWrites", ownWrites},
		{"NestedScan", nestedScan},
		{"Ownership", ownership},
		{"ViewIsStill", viewIsStill},
		{"Counter", counter},
		{"Limits", limits},
		{"FullTransaction", fullTransaction},
		{"Model", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func must(t interface {
	Helper()
	Fatal(...any)
}, err error,
) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func set(t testing.TB, s state.Store, kv ...string) {
	t.Helper()
	must(t, s.Update(func(w state.Writer) error {
		for i := 0; i < len(kv); i += 2 {
			if err := w.Set([]byte(kv[i]), []byte(kv[i+1])); err != nil {
				return err
			}
		}
		return nil
	}))
}

func scan(r state.Reader, prefix string) (got []string, err error) {
	err = r.Scan([]byte(prefix), func(k, v []byte) error {
		got = append(got, string(k)+"="+string(v))
		return nil
	})
	return got, err
}

func expect(t testing.TB, s state.Store, prefix string, want ...string) {
	t.Helper()
	must(t, s.View(func(r state.Reader) error {
		got, err := scan(r, prefix)
		if d := cmp.Diff(want, got); err == nil && d != "" {
			t.Fatalf("scan of %q (-want +got):\n%s", prefix, d)
		}
		return err
	}))
}

func setGetDelete(t *testing.T, s state.Store) {
	set(t, s, "a", "1", "b", "", "c", "3")
	must(t, s.View(func(r state.Reader) error {
		for k, want := range map[string]string{"a": "1", "b": "", "c": "3"} {
			if v, ok, err := r.Get([]byte(k)); err != nil || !ok || v == nil || string(v) != want {
				t.Errorf("%s is %q, %v, %v", k, v, ok, err)
			}
		}
		if _, ok, err := r.Get([]byte("d")); ok || err != nil {
			t.Errorf("a missing key gives %v, %v", ok, err)
		}
		return nil
	}))
	must(t, s.Update(func(w state.Writer) error {
		return errors.Join(w.Delete([]byte("a")), w.Delete([]byte("never there")), w.Set([]byte("c"), []byte("4")))
	}))
	expect(t, s, "", "b=", "c=4")
}

func scanOrder(t *testing.T, s state.Store) {
	set(t, s, "b\xff", "6", "b", "3", "a", "1", "b\x00", "4", "ab", "2", "c", "7", "ba", "5")
	expect(t, s, "b", "b=3", "b\x00=4", "ba=5", "b\xff=6")
	expect(t, s, "", "a=1", "ab=2", "b=3", "b\x00=4", "ba=5", "b\xff=6", "c=7")
	expect(t, s, "d")
	stop, n := errors.New("enough"), 0
	err := s.View(func(r state.Reader) error {
		return r.Scan(nil, func(_, _ []byte) error {
			n++
			return stop
		})
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Fatalf("%d visits, then %v", n, err)
	}
}

func rollback(t *testing.T, s state.Store) {
	set(t, s, "a", "1")
	no := errors.New("no")
	err := s.Update(func(w state.Writer) error {
		return errors.Join(w.Set([]byte("a"), []byte("2")), w.Set([]byte("b"), nil), no)
	})
	if !errors.Is(err, no) {
		t.Fatalf("Update gives %v", err)
	}
	expect(t, s, "", "a=1")
}

func panics(t *testing.T, s state.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Update(func(w state.Writer) error {
			must(t, w.Set([]byte("a"), nil))
			panic("boom")
		})
	}()
	set(t, s, "b", "1")
	expect(t, s, "", "b=1")
}

func ownWrites(t *testing.T, s state.Store) {
	set(t, s, "a", "1", "b", "2", "d", "4")
	must(t, s.Update(func(w state.Writer) error {
		err := errors.Join(w.Set([]byte("c"), []byte("3")), w.Delete([]byte("b")), w.Set([]byte("d"), []byte("5")))
		got, scanErr := scan(w, "")
		if d := cmp.Diff([]string{"a=1", "c=3", "d=5"}, got); d != "" {
			t.Error(d)
		}
		if _, ok, _ := w.Get([]byte("b")); ok {
			t.Error("a deleted key is there")
		}
		return errors.Join(err, scanErr)
	}))
	expect(t, s, "", "a=1", "c=3", "d=5")
}

func nestedScan(t *testing.T, s state.Store) {
	set(t, s, "a1", "", "a2", "", "b1", "", "b2", "")
	var got []string
	must(t, s.Update(func(w state.Writer) error {
		return w.Scan([]byte("a"), func(a, _ []byte) error {
			if err := errors.Join(w.Delete(a), w.Set([]byte("a9"+string(a)), nil)); err != nil {
				return err
			}
			return w.Scan([]byte("b"), func(b, _ []byte) error {
				got = append(got, string(a)+string(b))
				return nil
			})
		})
	}))
	if d := cmp.Diff([]string{"a1b1", "a1b2", "a2b1", "a2b2"}, got); d != "" {
		t.Fatal(d)
	}
	expect(t, s, "a", "a9a1=", "a9a2=")
}

func ownership(t *testing.T, s state.Store) {
	k, v := []byte("key"), []byte("value")
	must(t, s.Update(func(w state.Writer) error {
		err := w.Set(k, v)
		copy(k, "xxx")
		copy(v, "yyyyy")
		return err
	}))
	must(t, s.View(func(r state.Reader) error {
		got, _, err := r.Get([]byte("key"))
		clear(got)
		return err
	}))
	expect(t, s, "", "key=value")
}

func viewIsStill(t *testing.T, s state.Store) {
	set(t, s, "a", "1")
	must(t, s.View(func(r state.Reader) error {
		set(t, s, "a", "2", "b", "2")
		got, err := scan(r, "")
		if d := cmp.Diff([]string{"a=1"}, got); d != "" {
			t.Error(d)
		}
		return err
	}))
	expect(t, s, "", "a=2", "b=2")
}

// counter adds from many goroutines: an Update that reads what another is about to overwrite would lose one.
func counter(t *testing.T, s state.Store) {
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range each {
				err := s.Update(func(w state.Writer) error {
					v, _, err := w.Get([]byte("n"))
					return errors.Join(err, w.Set([]byte("n"), append(v, byte('a'+i))))
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	must(t, s.View(func(r state.Reader) error {
		v, _, err := r.Get([]byte("n"))
		for i := range writers {
			if n := bytes.Count(v, []byte{byte('a' + i)}); n != each {
				t.Errorf("writer %d is there %d times, want %d", i, n, each)
			}
		}
		return err
	}))
}

func limits(t *testing.T, s state.Store) {
	for name, write := range map[string]func(state.Writer) error{
		"value": func(w state.Writer) error { return w.Set([]byte("k"), make([]byte, state.MaxValueBytes+1)) },
		"key":   func(w state.Writer) error { return w.Set(make([]byte, 5000), nil) },
		"bytes": func(w state.Writer) error {
			for i := range 3 {
				if err := w.Set([]byte{byte(i)}, make([]byte, state.MaxValueBytes)); err != nil {
					return err
				}
			}
			return nil
		},
		"entries": func(w state.Writer) error {
			for i := range state.MaxTxnEntries + 1 {
				if err := w.Set(fmt.Appendf(nil, "%d", i), nil); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := s.Update(write); sqlerr.CodeOf(err) != sqlerr.ProgramLimitExceeded {
			t.Errorf("too much %s gives %v", name, err)
		}
	}
	expect(t, s, "")
	if err := s.Update(func(w state.Writer) error { return w.Set(nil, nil) }); err == nil {
		t.Error("the empty key may be set")
	}
}

// fullTransaction writes as many entries, and as many bytes, as a transaction may hold, at once.
func fullTransaction(t *testing.T, s state.Store) {
	const each = state.MaxTxnBytes / state.MaxTxnEntries
	must(t, s.Update(func(w state.Writer) error {
		for i := range state.MaxTxnEntries {
			if err := w.Set(fmt.Appendf(nil, "%06d", i), make([]byte, each-6)); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.Update(func(w state.Writer) error { return w.Set([]byte("big"), make([]byte, state.MaxValueBytes)) }))
	n := 0
	must(t, s.View(func(r state.Reader) error {
		return r.Scan(nil, func(_, _ []byte) error { n++; return nil })
	}))
	if n != state.MaxTxnEntries+1 {
		t.Fatalf("%d keys, want %d", n, state.MaxTxnEntries+1)
	}
}

// model compares random transactions with a map.
func model(t *testing.T, s state.Store) {
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		base := fmt.Sprintf("%d/", round)
		want := map[string]string{}
		key := rapid.StringMatching(`[ab]{1,3}`)
		for range rapid.IntRange(1, 6).Draw(t, "transactions") {
			next := maps.Clone(want)
			fail := rapid.Bool().Draw(t, "fail")
			err := s.Update(func(w state.Writer) error {
				for range rapid.IntRange(0, 8).Draw(t, "writes") {
					k := key.Draw(t, "key")
					if rapid.Bool().Draw(t, "delete") {
						delete(next, k)
						must(t, w.Delete([]byte(base+k)))
						continue
					}
					v := rapid.StringN(0, 5, 20).Draw(t, "value")
					next[k] = v
					must(t, w.Set([]byte(base+k), []byte(v)))
				}
				same(t, w, base, next)
				if fail {
					return errors.New("fail")
				}
				return nil
			})
			if (err != nil) != fail {
				t.Fatalf("Update gives %v", err)
			}
			if !fail {
				want = next
			}
			must(t, s.View(func(r state.Reader) error { same(t, r, base, want); return nil }))
		}
	})
}

func same(t *rapid.T, r state.Reader, base string, want map[string]string) {
	t.Helper()
	var exp, got []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		exp = append(exp, k+"="+want[k])
	}
	must(t, r.Scan([]byte(base), func(k, v []byte) error {
		got = append(got, strings.TrimPrefix(string(k), base)+"="+string(v))
		return nil
	}))
	if d := cmp.Diff(exp, got); d != "" {
		t.Fatal(d)
	}
}
