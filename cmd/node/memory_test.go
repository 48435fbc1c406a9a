package node

import (
	"testing"
	"testing/fstest"
)

// TestMachineMemory takes the least of what the machine has and what the control groups around the process let it have.
func TestMachineMemory(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	meminfo := file("MemTotal:        8000000 kB\nMemFree:          100 kB\n")
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"nothing":       {fstest.MapFS{}, 0},
		"the machine":   {fstest.MapFS{"proc/meminfo": meminfo}, 8_000_000 << 10},
		"no limit":      {fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("max\n")}, 8_000_000 << 10},
		"a container":   {fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("1073741824\n")}, 1 << 30},
		"a group":       {fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("2147483648\n"), "sys/fs/cgroup/a/memory.max": file("1073741824\n")}, 1 << 30},
		"version 1":     {fstest.MapFS{"proc/meminfo": meminfo, "sys/fs/cgroup/memory/memory.limit_in_bytes": file("536870912\n")}, 512 << 20},
		"version 1 max": {fstest.MapFS{"proc/meminfo": meminfo, "sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 8_000_000 << 10},
		"no number":     {fstest.MapFS{"proc/meminfo": file("MemTotal: much\n")}, 0},
	} {
		if got := machineMemory(c.files); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
	if MachineMemory() <= 0 {
		t.Error("this machine has no memory")
	}
	for machine, want := range map[int64]int64{0: DefaultMemoryBytes, 2 << 30: 1 << 30, 64 << 30: DefaultMemoryBytes} {
		if got := viewsMemory(machine); got != want {
			t.Errorf("of %d bytes views may have %d, want %d", machine, got, want)
		}
	}
}
