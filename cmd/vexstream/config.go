package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/pflag"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// config is what serve can be told: by default, by the file, by the environment, by flags; the later wins.
type config struct {
	Data     string   `toml:"data"`
	Watch    []string `toml:"watch"`
	PgAddr   string   `toml:"pg_addr"`
	HTTPAddr string   `toml:"http_addr"`
	Flight   string   `toml:"flight_addr"`
	PgSocket string   `toml:"pg_socket"`
	TLSCert  string   `toml:"tls_cert"`
	TLSKey   string   `toml:"tls_key"`
	ClientCA string   `toml:"tls_client_ca"`
	NoTrust  bool     `toml:"no_trust"`
	Reads    bool     `toml:"reads"`
	DenyWait int64    `toml:"deny_deadline_ms"`
	DenyLate bool     `toml:"deny_late"`
	MinFree  int64    `toml:"min_free_space"` // bytes
	SegBytes int64    `toml:"log_segment_bytes"`
	MrgAfter int64    `toml:"log_merge_after"` // segments
	MrgRate  int64    `toml:"log_merge_rate"`  // bytes a second
	Batches  string   `toml:"batch_mode"`
	SecKey   string   `toml:"secret_key"`
	SendTo   []string `toml:"send_to"`
}

func defaultConfig() config {
	return config{Data: "./data", PgAddr: "127.0.0.1:5433", HTTPAddr: "127.0.0.1:8433"}
}

const maxConfigFile = 1 << 20 // bytes

// flags declares the flags over c, whose values are the defaults.
func (c *config) flags(fs *pflag.FlagSet) {
	fs.StringVar(&c.Data, "data", c.Data, "folder that everything is kept in")
	fs.StringArrayVar(&c.Watch, "watch", c.Watch, "folder whose file events become rows of events (repeatable)")
	fs.StringVar(&c.PgAddr, "pg-addr", c.PgAddr, "address for psql and drivers; one that other machines reach needs a role with a password")
	fs.StringVar(&c.PgSocket, "pg-socket", c.PgSocket, "folder of the Unix socket for psql and drivers, or none (default the data folder)")
	fs.StringVar(&c.TLSCert, "tls-cert", c.TLSCert, "PEM file with the server's certificate (default one that is made in the data folder)")
	fs.StringVar(&c.TLSKey, "tls-key", c.TLSKey, "PEM file with the certificate's key")
	fs.StringVar(&c.ClientCA, "tls-client-ca", c.ClientCA, "PEM file with those who sign certificates of PostgreSQL clients, which name a role (default none)")
	fs.BoolVar(&c.NoTrust, "no-trust", c.NoTrust, "ask for a password also where this user or root connects on this machine")
	fs.StringVar(&c.HTTPAddr, "http-addr", c.HTTPAddr, "address for /v1/sql, /readyz, /healthz and /metrics; one that other machines reach is under TLS and needs the token in http.token")
	fs.StringVar(&c.Flight, "flight-addr", c.Flight, "address for Arrow Flight and Flight SQL, such as 127.0.0.1:8434 (default none)")
	fs.BoolVar(&c.Reads, "reads", c.Reads, "also record opens, reads and closes of files")
	fs.Int64Var(&c.DenyWait, "deny-deadline-ms", c.DenyWait, "milliseconds that a process waits for what deny() of a trigger says of its access, at most; 0: 100")
	fs.BoolVar(&c.DenyLate, "deny-late", c.DenyLate, "refuse an access of which nothing was said in time; it is allowed otherwise")
	fs.StringVar(&c.SecKey, "secret-key", c.SecKey, "file with the key that secrets are sealed with, 64 hexadecimal digits (default one that the first secret makes in the data folder)")
	fs.StringArrayVar(&c.SendTo, "send-to", c.SendTo, "range of addresses, such as 10.1.0.0/16, that webhooks and mail may reach besides the public internet (repeatable)")
	fs.StringVar(&c.Batches, "batch-mode", c.Batches, "latency, balanced or throughput: how many statements are made durable together (default balanced)")
	fs.Int64Var(&c.MinFree, "min-free-space", c.MinFree, "bytes of the disk that are left free; 0: a tenth of it, from 128 MiB to 1 GiB; -1: none")
	fs.Int64Var(&c.SegBytes, "log-segment-bytes", c.SegBytes, "bytes of a file of the log; 0: 64 MiB")
	fs.Int64Var(&c.MrgAfter, "log-merge-after", c.MrgAfter, "newest files of the log that are left as they were written; older ones are packed tighter; 0: 4")
	fs.Int64Var(&c.MrgRate, "log-merge-rate", c.MrgRate, "bytes a second of the log that are read to be packed tighter; 0: 16 MiB; -1: none")
}

// resolve gives the configuration: flags that were given win over the environment, that over the file.
func resolve(fs *pflag.FlagSet, flagged config, file string, env func(string) (string, bool)) (config, error) {
	c := defaultConfig()
	if file == "" {
		file, _ = env("VEXSTREAM_CONFIG")
	}
	if file != "" {
		if err := c.load(file); err != nil {
			return c, err
		}
	}
	if err := c.fromEnv(env); err != nil {
		return c, err
	}
	for name, set := range map[string]func(){
		"data":          func() { c.Data = flagged.Data },
		"watch":         func() { c.Watch = flagged.Watch },
		"pg-addr":       func() { c.PgAddr = flagged.PgAddr },
		"http-addr":     func() { c.HTTPAddr = flagged.HTTPAddr },
		"flight-addr":   func() { c.Flight = flagged.Flight },
		"pg-socket":     func() { c.PgSocket = flagged.PgSocket },
		"tls-cert":      func() { c.TLSCert = flagged.TLSCert },
		"tls-key":       func() { c.TLSKey = flagged.TLSKey },
		"tls-client-ca": func() { c.ClientCA = flagged.ClientCA },
		"no-trust":      func() { c.NoTrust = flagged.NoTrust },
		"reads":         func() { c.Reads = flagged.Reads },
		"send-to":       func() { c.SendTo = flagged.SendTo },

		"deny-deadline-ms": func() { c.DenyWait = flagged.DenyWait },
		"deny-late":        func() { c.DenyLate = flagged.DenyLate },

		"secret-key":     func() { c.SecKey = flagged.SecKey },
		"batch-mode":     func() { c.Batches = flagged.Batches },
		"min-free-space": func() { c.MinFree = flagged.MinFree },

		"log-segment-bytes": func() { c.SegBytes = flagged.SegBytes },
		"log-merge-after":   func() { c.MrgAfter = flagged.MrgAfter },
		"log-merge-rate":    func() { c.MrgRate = flagged.MrgRate },
	} {
		if fs.Changed(name) {
			set()
		}
	}
	return c, nil
}

// load reads a TOML file. A key that is not known is refused, so that a slip of the pen does not pass for a setting.
func (c *config) load(file string) error {
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxConfigFile {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "the configuration file %s has %d bytes, at most %d are read", file, info.Size(), maxConfigFile)
	}
	meta, err := toml.DecodeFile(file, c)
	if err != nil {
		return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot read the configuration file %s", file).
			WithHint("It is TOML, such as: data = \"./data\"  watch = [\"/some/dir\"]  pg_addr = \"127.0.0.1:5433\".")
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return sqlerr.New(sqlerr.InvalidParameterValue, "the configuration file %s has an unknown key %q", file, extra[0].String()).
			WithHint("There are: data, watch, pg_addr, pg_socket, http_addr, flight_addr, tls_cert, tls_key, tls_client_ca, no_trust, reads, deny_deadline_ms, deny_late, min_free_space, log_segment_bytes, log_merge_after, log_merge_rate, batch_mode, secret_key, send_to.")
	}
	return nil
}

func (c *config) fromEnv(env func(string) (string, bool)) error {
	for name, to := range map[string]*string{
		"VEXSTREAM_DATA": &c.Data, "VEXSTREAM_PG_ADDR": &c.PgAddr, "VEXSTREAM_HTTP_ADDR": &c.HTTPAddr, "VEXSTREAM_FLIGHT_ADDR": &c.Flight, "VEXSTREAM_PG_SOCKET": &c.PgSocket,
		"VEXSTREAM_TLS_CERT": &c.TLSCert, "VEXSTREAM_TLS_KEY": &c.TLSKey, "VEXSTREAM_TLS_CLIENT_CA": &c.ClientCA,
		"VEXSTREAM_SECRET_KEY": &c.SecKey, "VEXSTREAM_BATCH_MODE": &c.Batches,
	} {
		if v, ok := env(name); ok {
			*to = v
		}
	}
	if v, ok := env("VEXSTREAM_WATCH"); ok {
		c.Watch = filepath.SplitList(v)
	}
	if v, ok := env("VEXSTREAM_SEND_TO"); ok {
		c.SendTo = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
	}
	for name, to := range map[string]*bool{"VEXSTREAM_READS": &c.Reads, "VEXSTREAM_NO_TRUST": &c.NoTrust, "VEXSTREAM_DENY_LATE": &c.DenyLate} {
		v, ok := env(name)
		if !ok {
			continue
		}
		switch strings.ToLower(v) {
		case "1", "true", "on", "yes":
			*to = true
		case "", "0", "false", "off", "no":
			*to = false
		default:
			return sqlerr.New(sqlerr.InvalidParameterValue, "%s is %q", name, v).WithHint("Use true or false.")
		}
	}
	for name, to := range map[string]*int64{
		"VEXSTREAM_DENY_DEADLINE_MS": &c.DenyWait, "VEXSTREAM_MIN_FREE_SPACE": &c.MinFree, "VEXSTREAM_LOG_SEGMENT_BYTES": &c.SegBytes,
		"VEXSTREAM_LOG_MERGE_AFTER": &c.MrgAfter, "VEXSTREAM_LOG_MERGE_RATE": &c.MrgRate,
	} {
		v, ok := env(name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return sqlerr.New(sqlerr.InvalidParameterValue, "%s is %q", name, v).WithHint("Use a whole number.")
		}
		*to = n
	}
	return nil
}
