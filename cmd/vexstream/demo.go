package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// demoView is a continuous query of the demo and how its newest contents are shown.
type demoView struct {
	create string
	title  string
	read   string // ROOT stands for the watched folder
	head   []string
}

var demoViews = []demoView{
	{
		create: "CREATE MATERIALIZED VIEW by_type AS\n  SELECT window_start, event_type, count(*) AS events\n  FROM TUMBLE(events, ts, INTERVAL '10 seconds')\n  GROUP BY window_start, event_type",
		title:  "by_type: events of each type in windows of 10 s, newest window first",
		read:   "SELECT event_type, to_char(window_start, 'HH24:MI:SS'), events FROM by_type ORDER BY window_start DESC, events DESC, event_type LIMIT 4",
		head:   []string{"event_type", "window_start", "events"},
	},
	{
		create: "CREATE MATERIALIZED VIEW bytes_by_directory AS\n  SELECT window_start, regexp_replace(file_path, '/[^/]*$', '') AS directory, count(*) AS writes, sum(file_size) AS bytes\n" +
			"  FROM HOP(events, ts, INTERVAL '5 seconds', INTERVAL '15 seconds')\n  WHERE event_type = 'FilesystemWrite' GROUP BY window_start, directory",
		title: "bytes_by_directory: sizes of files written in 15 s, every 5 s",
		read: "SELECT replace(directory, 'ROOT/', ''), to_char(window_start, 'HH24:MI:SS'), writes, bytes FROM bytes_by_directory " +
			"WHERE window_start <= now() - INTERVAL '10 seconds' ORDER BY window_start DESC, bytes DESC LIMIT 4",
		head: []string{"directory", "window_start", "writes", "bytes"},
	},
	{
		create: "CREATE MATERIALIZED VIEW busiest_files AS\n  SELECT file_path, count(*) AS events FROM events\n  WHERE file_path IS NOT NULL GROUP BY file_path ORDER BY events DESC, file_path LIMIT 5",
		title:  "busiest_files: the five files with the most events",
		read:   "SELECT replace(file_path, 'ROOT/', ''), events FROM busiest_files ORDER BY events DESC, file_path",
		head:   []string{"file_path", "events"},
	},
}

func demoCommand() *cobra.Command {
	var length time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a node at work on a scratch folder",
		Long: "demo makes a scratch folder, starts a node on it with free ports, does real file work there, and shows three\n" +
			"continuous queries over it as they change. It ends with Ctrl-C or after --for, and removes the folder.",
		Example: "  vexstream demo\n  vexstream demo --for 15s",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().DurationVar(&length, "for", 0, "end after so long; 0: at Ctrl-C")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if length < 0 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "--for %s is negative", length).WithHint("Write a time such as 15s.")
		}
		ctx := cmd.Context()
		if length > 0 {
			var cancel func()
			ctx, cancel = context.WithTimeout(ctx, length)
			defer cancel()
		}
		return demo(ctx, cmd.OutOrStdout())
	}
	return cmd
}

// demo runs until ctx is done; then all is well.
func demo(ctx context.Context, out io.Writer) (err error) {
	scratch, err := os.MkdirTemp("", "vexstream-demo-")
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make a scratch folder").WithHint("Set TMPDIR to a folder with room.")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	root := filepath.Join(scratch, "files")
	w, err := newWork(root)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot work in %s", root)
	}
	n, err := node.Open(ctx, node.Settings{
		Data: filepath.Join(scratch, "data"), PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0",
		Watch: []string{root}, OwnEvents: true, Version: sqlVersion(),
	})
	if err != nil {
		return over(ctx, err)
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if err := introduce(ctx, out, n); err != nil {
		return over(ctx, err)
	}
	working, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var worked error
	wg.Go(func() { worked = w.run(working) })
	shown := over(ctx, show(ctx, newScreen(out), n, root))
	stop()
	wg.Wait()
	if err := errors.Join(shown, worked); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nThe demo is over; %s is removed. A node that stays: vexstream serve --data ./data --watch DIR\n", scratch)
	return err
}

// over takes the end of the demo for no error.
func over(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// introduce says what runs, and registers the queries.
func introduce(ctx context.Context, out io.Writer, n *node.Node) error {
	for _, w := range n.Watching() {
		fmt.Fprintf(out, "Watching %s\n  through %s.\n  It cannot see:\n", w.Dir, w.Reason)
		for _, b := range w.Blind {
			fmt.Fprintf(out, "    - %s\n", b)
		}
	}
	fmt.Fprintln(out)
	for _, v := range demoViews {
		if err := n.Run(ctx, v.create, nil); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s;\n", v.create)
	}
	_, err := fmt.Fprintf(out, "\nJoin in from another terminal:\n  %s\n\n", psql(n))
	return err
}

// psql is the command that joins in.
func psql(n *node.Node) string {
	host, port, _ := net.SplitHostPort(n.PgAddr()) // it is an address that was listened on
	return fmt.Sprintf("psql -h %s -p %s -U admin vexstream", host, port)
}

// show draws the views until ctx is done: four times a second on a terminal, else every two seconds.
func show(ctx context.Context, s *screen, n *node.Node, root string) error {
	every := 2 * time.Second
	if s.live {
		every = 250 * time.Millisecond
	}
	begin := time.Now()
	t := time.NewTimer(min(every, time.Second))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			t.Reset(every)
		}
		var frame []string
		for _, v := range demoViews {
			rows, err := n.Query(ctx, strings.ReplaceAll(v.read, "ROOT", strings.ReplaceAll(root, "'", "''")))
			if err != nil {
				return err
			}
			frame = append(append(frame, table(v.title, v.head, rows)...), "")
		}
		var events int64
		for _, w := range n.Watching() {
			events += w.Events
		}
		now := fmt.Sprintf("%d events in %s; Ctrl-C ends", events, time.Since(begin).Round(time.Second))
		if s.live { // what was said at the start may have left the screen
			frame = append(frame, now+"; "+psql(n))
		} else {
			frame = append(frame, now+".", "")
		}
		if err := s.show(frame); err != nil {
			return err
		}
	}
}
