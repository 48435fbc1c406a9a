package catalog

import (
	"maps"
	"slices"
)

// named are objects of one kind by their names. A nil one is empty. It is not changed: with and without give others.
type named[T any] map[string]*T

// list gives the objects in the order of their names.
func (n named[T]) list() []*T {
	out := make([]*T, 0, len(n))
	for _, name := range slices.Sorted(maps.Keys(n)) {
		out = append(out, n[name])
	}
	return out
}

// with has x under name, and instead of what is the same object under any.
func (n named[T]) with(name string, x *T, same func(*T) bool) named[T] {
	c := make(named[T], len(n)+1)
	for key, old := range n {
		if !same(old) {
			c[key] = old
		}
	}
	c[name] = x
	return c
}

// without lacks what stands under name.
func (n named[T]) without(name string) named[T] {
	c := maps.Clone(n)
	delete(c, name)
	return c
}
