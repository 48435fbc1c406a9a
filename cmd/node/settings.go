package node

import (
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// DefaultCheckpoint is how often the state of views is stored while rows come in.
const DefaultCheckpoint = 10 * time.Second

// DefaultReplay is how long a restart may fold.
const DefaultReplay = time.Second

// DefaultLogBytes is the size past which the log forgets its oldest rows.
const DefaultLogBytes = 16 << 30

// How the log's old segments are merged, if the Settings do not say.
const (
	DefaultMergeAfter = 4        // segments, of 64 MiB mostly
	DefaultMergeRate  = 16 << 20 // bytes a second
)

// MinSegmentBytes is the least that a segment of the log may be made for.
const MinSegmentBytes = 16 << 10

// DefaultDecodedBytes is how much memory holds columns of the log as scans decoded them.
const DefaultDecodedBytes = 256 << 20

// DefaultMemoryBytes is how much memory the states of views and what statements hold may take, unless half of what the process can
// have is less.
const DefaultMemoryBytes = 4 << 30

// MaxWatched is how many folders a node watches at once.
const MaxWatched = 64

// Settings say what a node is made of. The zero Settings are a node in memory that nobody can connect to.
type Settings struct {
	// Data is the folder that the node keeps everything in; it is made if need be. Empty: memory only, which Close
	// forgets.
	Data string
	// PgAddr and HTTPAddr are the addresses to listen on; port 0 picks a free one; empty: no listener. Other machines
	// than this one are let in only under TLS and with a password, so one that they could reach is refused until a role
	// has a password.
	PgAddr   string
	HTTPAddr string
	// FlightAddr is the address of Arrow Flight; empty: no listener. Clients have the token of HTTP, or a role's password.
	FlightAddr string
	// PgSocket is the folder of the Unix socket for PostgreSQL clients; empty: Data; "none": no socket.
	PgSocket string
	// NoTrust asks everybody for a password, also processes of the node's own user and root on this machine: where one of
	// them passes on connections of others.
	NoTrust bool
	// TLSCert and TLSKey are PEM files; empty: a certificate that the node signs itself is made in Data.
	TLSCert string
	TLSKey  string
	// TLSClientCA is a PEM file with those who sign certificates of PostgreSQL clients: one whose common name is a role's is as good as
	// the role's password. Empty: clients show none.
	TLSClientCA string
	// SecretKey is the file with the key that secrets are sealed with, 64 hexadecimal digits; empty: one in Data, which the first
	// secret makes.
	SecretKey string
	// SendTo are ranges of addresses ("10.1.0.0/16") that webhooks and mail may reach besides the public internet.
	SendTo []string
	// Watch is the folders whose file events go into the stream events.
	Watch []string
	// OwnEvents makes the file accesses of this process events, too, as long as they are outside Data.
	OwnEvents bool
	// Reads also reports opens, reads and closes without a write.
	Reads bool
	// DenyDeadline is how long the kernel waits for what deny() says of an access, at most; 0: bridge.DefaultDeadline. DenyLate says
	// that the access is refused then; otherwise it is allowed.
	DenyDeadline time.Duration
	DenyLate     bool
	// Watchdog is a command that calls fanotify.Watchdog with its further arguments; empty: deny() is refused.
	Watchdog []string
	// MinFree is the free disk space in bytes that is left alone; 0: a tenth within 128 MiB and 1 GiB; negative: none.
	MinFree int64
	// Checkpoint is the time between checkpoints; 0: DefaultCheckpoint.
	Checkpoint time.Duration
	// Replay is how long a restart may fold what lies behind the newest checkpoint before the next one is stored sooner than
	// that; 0: DefaultReplay; negative: it does not count.
	Replay time.Duration
	// LogBytes is the size past which the log forgets its oldest rows, as far as no view needs them to be restored;
	// 0: DefaultLogBytes.
	LogBytes int64
	// SegmentBytes is what a file of the log is made for, from MinSegmentBytes; 0: segment.DefaultSegmentBytes.
	SegmentBytes int64
	// MergeAfter is how many of the newest files of the log are left as they were written; older ones are merged in the
	// background: 0: DefaultMergeAfter. MergeRate is how many bytes a second of them are read for that; 0: DefaultMergeRate;
	// negative: nothing is merged.
	MergeAfter int64
	MergeRate  int64
	// BatchMode says how many statements are made durable together: balanced, which is the default, takes those that wait and waits for no
	// more; latency takes at most a batch's rows; throughput waits up to 5 ms for a batch's rows.
	BatchMode string
	// DecodedBytes is how much memory may hold columns of the log that queries decoded, so that the next query finds
	// them; 0: DefaultDecodedBytes.
	DecodedBytes int64
	// MemoryBytes is how much memory views and statements may take together; 0: DefaultMemoryBytes, or half of
	// MachineMemory if that is less. A view can have a limit of its own: WITH (memory_limit = '512MB').
	MemoryBytes int64
	// Clock is the node's clock in µs; nil: the machine's.
	Clock func() types.Micros
	// Journal gets what the operator of the node should know; nil: nobody does.
	Journal *slog.Logger
	// Host is what the column host says; empty: the machine's name.
	Host string
	// Version is what version() says.
	Version string
}

// withDefaults fills in what was left out and refuses what cannot be.
func (s Settings) withDefaults() (Settings, error) {
	if s.Journal == nil {
		s.Journal = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if s.Clock == nil {
		s.Clock = bridge.Now
	}
	if s.Checkpoint <= 0 {
		s.Checkpoint = DefaultCheckpoint
	}
	if s.Replay == 0 {
		s.Replay = DefaultReplay
	}
	if s.LogBytes <= 0 {
		s.LogBytes = DefaultLogBytes
	}
	if s.MergeAfter <= 0 {
		s.MergeAfter = DefaultMergeAfter
	}
	if s.MergeRate == 0 {
		s.MergeRate = DefaultMergeRate
	}
	if s.SegmentBytes != 0 && s.SegmentBytes < MinSegmentBytes {
		return s, sqlerr.New(sqlerr.InvalidParameterValue, "files of %d bytes are too small for the log", s.SegmentBytes).
			WithHint("Use %d bytes at least; 0 is the default, 64 MiB.", MinSegmentBytes)
	}
	if s.MemoryBytes <= 0 {
		s.MemoryBytes = viewsMemory(MachineMemory())
	}
	if s.DecodedBytes <= 0 {
		s.DecodedBytes = DefaultDecodedBytes
	}
	if s.Host == "" {
		s.Host, _ = os.Hostname() // an unnamed machine has an empty name
	}
	if s.Version == "" {
		s.Version = "PostgreSQL 15.0 (vexstream)"
	}
	if len(s.Watch) > MaxWatched {
		return s, sqlerr.New(sqlerr.ProgramLimitExceeded, "%d folders to watch, at most %d are possible", len(s.Watch), MaxWatched).
			WithHint("Watch a folder that contains several of them.")
	}
	for _, a := range []string{s.PgAddr, s.HTTPAddr, s.FlightAddr} {
		if _, err := Loopback(a); err != nil {
			return s, err
		}
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return s, sqlerr.New(sqlerr.InvalidParameterValue, "a certificate and its key go together").
			WithHint("Give both --tls-cert and --tls-key, or neither: then a certificate is made in the data folder.")
	}
	return s, nil
}

// Loopback says whether only this machine can reach an address. Text that is no address is refused with 22023. An empty
// address is fine.
func Loopback(addr string) (bool, error) {
	if addr == "" {
		return true, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "%q is not an address", addr).
			WithHint("Write host and port, such as 127.0.0.1:5433.")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
