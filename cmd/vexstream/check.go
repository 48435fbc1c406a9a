package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/probe"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [DIR]",
		Short: "Say which sources of events work here, and what is missing for the others",
		Long: "check tries each source of file events on DIR (the current folder, if none is given), says whether it works,\n" +
			"and if it does not what is missing and how to mend it. Columns of events that a source cannot know are null in\n" +
			"its rows. It changes nothing.",
		Example: "  vexstream check\n  sudo vexstream check /srv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return check(cmd, dir)
		},
	}
}

func check(cmd *cobra.Command, dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	if err != nil {
		return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot check %s", dir).WithHint("Name a folder that exists.")
	}
	out := cmd.OutOrStdout()
	findings := probe.Probe(dir)
	fmt.Fprintf(out, "Sources of events on %s:\n\n", bridge.RealPath(dir))
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	best := ""
	for _, f := range findings {
		state := "no"
		if f.Works {
			state = "works"
			if best == "" {
				best = f.Source
			}
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Source, state, f.Why)
		if len(f.Null) > 0 {
			fmt.Fprintf(w, "  \t\tcannot know: %s\n", strings.Join(f.Null, ", "))
		}
		if f.Missing != "" {
			fmt.Fprintf(w, "  \t\tmissing: %s\n", f.Missing)
		}
		if f.Mend != "" {
			fmt.Fprintf(w, "  \t\tmend: %s\n", f.Mend)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if best == "" {
		return sqlerr.NotSupported("watching %s: no source works", dir).WithHint("The table says what each one lacks.")
	}
	fmt.Fprintf(out, "\nserve --watch %s uses the first that works: %s.\n", dir, best)
	return nil
}
