package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func serveCommand() *cobra.Command {
	flagged, file := defaultConfig(), ""
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a node until SIGINT or SIGTERM",
		Long: "serve runs a node on a data folder and logs a line \"ready\" when it answers.\n\n" +
			"Each setting comes from its default, then the TOML file (--config: data, watch, pg_addr, pg_socket,\n" +
			"http_addr, tls_cert, tls_key, tls_client_ca, no_trust, reads, deny_deadline_ms, deny_late, min_free_space, log_segment_bytes, log_merge_after, log_merge_rate, batch_mode), then the environment (VEXSTREAM_ and the same names in capitals; folders in VEXSTREAM_WATCH are\n" +
			"separated as in PATH; VEXSTREAM_CONFIG names the file), then the flags; the later wins.\n" +
			"Processes of this user and of root on this machine are let in as they are; everybody else needs the password of a\n" +
			"role (vexstream passwd, or CREATE ROLE), and from other machines TLS.",
		Example: "  vexstream serve --data ./data --watch /some/dir\n  psql -h 127.0.0.1 -p 5433 -U admin vexstream",
		Args:    cobra.NoArgs,
	}
	flagged.flags(cmd.Flags())
	cmd.Flags().StringVar(&file, "config", "", "TOML file with settings")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := resolve(cmd.Flags(), flagged, file, os.LookupEnv)
		if err != nil {
			return err
		}
		return serve(cmd.Context(), c, cmd.ErrOrStderr())
	}
	return cmd
}

// limitHeap has the collector work harder before the process has nine tenths of the memory that it can have, unless GOMEMLIMIT says
// when.
func limitHeap() {
	if all := node.MachineMemory(); all > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(all / 10 * 9)
	}
}

// serve runs a node until ctx is done.
func serve(ctx context.Context, c config, journal io.Writer) error {
	if c.Data == "" {
		return sqlerr.New(sqlerr.InvalidParameterValue, "no data folder").WithHint("Name one with --data.")
	}
	limitHeap()
	log := slog.New(slog.NewTextHandler(journal, nil))
	limit := memory()
	collectWithin(limit)
	n, err := node.Open(ctx, node.Settings{
		Data: c.Data, PgAddr: c.PgAddr, HTTPAddr: c.HTTPAddr, FlightAddr: c.Flight, Watch: c.Watch, Reads: c.Reads, MinFree: c.MinFree,
		MemoryBytes: limit, SegmentBytes: c.SegBytes, MergeAfter: c.MrgAfter, MergeRate: c.MrgRate, BatchMode: c.Batches,
		PgSocket: c.PgSocket, TLSCert: c.TLSCert, TLSKey: c.TLSKey, TLSClientCA: c.ClientCA, NoTrust: c.NoTrust, SecretKey: c.SecKey, SendTo: c.SendTo,
		DenyDeadline: time.Duration(c.DenyWait) * time.Millisecond, DenyLate: c.DenyLate, Watchdog: watchdogOf(os.Executable()),
		Journal: log, Version: sqlVersion(),
	})
	if err != nil {
		return err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		data = c.Data // it is for people to read only
	}
	attrs := []any{"pg", n.PgAddr(), "socket", n.SocketDir(), "http", n.HTTPAddr(), "flight", n.FlightAddr(), "data", data, "version", buildVersion()}
	for _, w := range n.Watching() {
		attrs = append(attrs, slog.Group("watch", "dir", w.Dir, "source", w.Source, "why", w.Reason, "blind", strings.Join(w.Blind, "; ")))
	}
	log.Info("ready", attrs...)
	defer onKillSwitch(n.StopDenying)()
	select {
	case <-ctx.Done():
	case <-n.Broken():
		why := n.Ready()
		_ = n.Close() // why it stops says more
		return stopped{why}
	}
	log.Info("stopping")
	if err := n.Close(); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// stopped is the end of a node that can store nothing any more. Whoever watches over it may start it again.
type stopped struct{ error }

func (s stopped) Unwrap() error { return s.error }
