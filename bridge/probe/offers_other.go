//go:build !linux

package probe

import "runtime"

// offers says that the mechanisms that come later are Linux's.
func offers() []Finding {
	var out []Finding
	for _, name := range []string{"ebpf", "fuse", "proc"} {
		out = append(out, Finding{
			Source: name, Why: "a mechanism of Linux; this is " + runtime.GOOS, Missing: "Linux",
		})
	}
	return out
}
