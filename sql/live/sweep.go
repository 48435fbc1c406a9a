package live

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/state"
)

// sweep deletes what the newest generation does not name, if a start or a checkpoint that failed may have left some. It
// comes before the next one is written, which has the number of the one that failed: of its manifests none may be left
// to be read with the new ones. After it l.swept is false until a checkpoint has ended well.
func (l *Live) sweep(ctx context.Context) error {
	if !l.swept {
		if err := l.counted(); err != nil {
			return err
		}
		dead, err := unnamed(l.store, l.gen, l.saved)
		if err != nil {
			return err
		}
		if err := remove(ctx, l.store, dead); err != nil {
			return err
		}
	}
	l.swept = false
	return nil
}

// counted finds out whether a checkpoint that failed counts all the same: a store may fail to say that its last transaction is
// there. Then it is the newest one.
func (l *Live) counted() error {
	gen, err := storedGeneration(l.store)
	if err != nil || gen == l.gen {
		return err
	}
	_, err = l.readCurrent()
	return err
}

// storedGeneration gives the number of the generation that counts; 0: none.
func storedGeneration(store state.Store) (gen uint64, err error) {
	err = store.View(func(r state.Reader) error {
		data, ok, err := r.Get(currentKey)
		if err != nil || !ok {
			return err
		}
		d := state.Decoder{Data: data}
		d.Byte()
		if gen = d.Uint(); d.Bad {
			return errDamaged
		}
		return nil
	})
	return gen, err
}

// unnamed gives the keys of all pages and manifests that generation gen, whose views stand as stands says, does not
// name. It reads every page.
func unnamed(store state.Store, gen uint64, stands map[uint32]standing) (dead [][]byte, err error) {
	live := map[string]bool{}
	for _, s := range stands {
		for i, pages := range s.pages {
			for _, p := range pages {
				for c := range p.chunks {
					live[string(pageKey(s.view, i, p.key, p.gen, c))] = true
				}
			}
		}
	}
	current := binary.BigEndian.AppendUint64(append([]byte(nil), manifestPrefix...), gen)
	err = store.View(func(r state.Reader) error {
		err := r.Scan(pagePrefix, func(key, _ []byte) error {
			if !live[string(key)] {
				dead = append(dead, bytes.Clone(key))
			}
			return nil
		})
		if err != nil {
			return err
		}
		return r.Scan(manifestPrefix, func(key, _ []byte) error {
			if !bytes.HasPrefix(key, current) {
				dead = append(dead, bytes.Clone(key))
			}
			return nil
		})
	})
	return dead, err
}

// outdated gives the keys that generation gen, whose views stood as before says, named, and the next one, stands, does
// not.
func outdated(gen uint64, before map[uint32]standing, stands []standing) (dead [][]byte) {
	named := map[uint32]standing{}
	for _, s := range stands {
		named[s.view] = s
	}
	for view, old := range before {
		for i, pages := range old.pages {
			live := map[ref]bool{}
			if s := named[view]; i < len(s.pages) {
				for _, r := range s.pages[i] {
					live[r] = true
				}
			}
			for _, r := range pages {
				for c := uint32(0); c < r.chunks && !live[r]; c++ {
					dead = append(dead, pageKey(view, i, r.key, r.gen, c))
				}
			}
			for n := 0; n*manifestPages < len(pages); n++ {
				dead = append(dead, manifestKey(gen, view, i, n))
			}
		}
	}
	return dead
}

// remove deletes keys in transactions of a bounded size.
func remove(ctx context.Context, store state.Store, dead [][]byte) error {
	for len(dead) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(dead), state.MaxTxnEntries/2)
		part := dead[:n]
		dead = dead[n:]
		err := store.Update(func(w state.Writer) error {
			for _, k := range part {
				if err := w.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
