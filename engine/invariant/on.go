//go:build invariants

package invariant

import (
	"fmt"
	"unsafe"
)

// Enabled says whether this build checks its invariants.
const Enabled = true

// Check panics with the formatted message unless ok holds.
func Check(ok bool, format string, args ...any) {
	if !ok {
		panic("invariant broken: " + fmt.Sprintf(format, args...))
	}
}

// Poison overwrites s with a pattern that no reader can mistake for its data. The owner of a borrowed buffer calls
// it when the loan ends, so that whoever kept the slice breaks at once instead of later.
func Poison[T any](s []T) {
	if len(s) == 0 {
		return
	}
	size := uintptr(len(s)) * unsafe.Sizeof(s[0])
	b := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), size)
	for i := range b {
		b[i] = 0xdb
	}
}
