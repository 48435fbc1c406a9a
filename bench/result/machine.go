package result

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Machine is where it was measured.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_mib"`
	Kernel string `json:"kernel"`
	System string `json:"system"` // as Go names it: linux/amd64
	Go     string `json:"go"`
}

// Here describes this machine. What it does not tell is left empty.
func Here() Machine {
	m := Machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.CPU = field("/proc/cpuinfo", "model name")
	if kb, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = kb >> 10
	}
	m.Kernel = firstField("/proc/sys/kernel/osrelease")
	return m
}

// Load is the machine's load average over the last minute; 0 where the system does not tell.
func Load() float64 {
	v, err := strconv.ParseFloat(firstField("/proc/loadavg"), 64)
	if err != nil {
		return 0
	}
	return v
}

// Commit names the tree of the working folder, with a "+" if its files differ from it; "unknown" without git.
func Commit() string {
	id, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(id))
	if changed, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changed) > 0 {
		name += "+"
	}
	return name
}

// field gives what stands behind a name and a colon in a file of /proc.
func field(file, name string) string {
	text, _ := os.ReadFile(file) // where there is none, nothing stands in it
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstField(file string) string {
	text, _ := os.ReadFile(file)
	fields := strings.Fields(string(text))
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}
