package node

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// MachineMemory is how many bytes of memory this process can have: what the machine has, or what its control group, or one around
// that, lets it have; 0: neither says.
func MachineMemory() int64 { return machineMemory(os.DirFS("/")) }

func machineMemory(root fs.FS) int64 {
	least := int64(math.MaxInt64)
	take := func(n int64) {
		if n > 0 {
			least = min(least, n)
		}
	}
	take(totalMemory(root))
	take(numberIn(root, "sys/fs/cgroup/memory/memory.limit_in_bytes")) // version 1, as a container sees it
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")                 // where there is none, there is no group
	for line := range strings.Lines(string(groups)) {
		group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for ok {
			take(numberIn(root, path.Join("sys/fs/cgroup", group, "memory.max")))
			if group == "/" || group == "." {
				break
			}
			group = path.Dir(group)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least
}

// totalMemory is the machine's memory by /proc/meminfo; 0: it does not say.
func totalMemory(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, "proc/meminfo") // where there is none, nothing stands in it
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if name != "MemTotal" {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err == nil && kib > 0 && kib <= math.MaxInt64>>10 {
			return kib << 10
		}
	}
	return 0
}

// numberIn reads a file that is a number; 0: it is none, as the "max" of a group without a limit.
func numberIn(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// viewsMemory is what views and statements may take together unless the settings say so: DefaultMemoryBytes, or half of what the
// process can have.
func viewsMemory(machine int64) int64 {
	if machine > 0 {
		return min(DefaultMemoryBytes, machine/2)
	}
	return DefaultMemoryBytes
}
