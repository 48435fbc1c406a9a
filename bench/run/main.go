package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"os/signal"
	"time"

	"github.com/vexfs/vexstream/bench/result"
)

// maxRounds bounds how often everything is measured.
const maxRounds = 100

func main() {
	names := flag.String("sections", "", "which ones, as kernels,wire; all if none are named")
	list := flag.Bool("list", false, "name the sections and their commands, and measure nothing")
	short := flag.Bool("short", false, "minutes instead of an hour; its times compare with nothing")
	rounds := flag.Int("rounds", 1, "how often each command is run, in turn; a figure has a value of each")
	file := flag.String("json", "", "a file that the run is stored in, for bench/compare")
	flag.Parse()
	which, none := chosen(*names)
	if none != "" || flag.NArg() > 0 || *rounds < 1 || *rounds > maxRounds {
		fmt.Fprintf(os.Stderr, "run: -sections takes names that -list shows, -rounds 1 to %d\n", maxRounds)
		os.Exit(2)
	}
	if *list {
		for _, s := range which {
			for _, c := range s.commands {
				fmt.Printf("%-10s %s\n", s.name, c.line(*short))
			}
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := &result.Run{
		Machine: result.Here(), Commit: result.Commit(), Began: time.Now().UTC().Format(time.RFC3339), Short: *short, Rounds: *rounds,
	}
	well := measure(ctx, run, which)
	printPage(os.Stdout, run)
	if *file != "" {
		if err := run.Write(*file); err != nil {
			fmt.Fprintln(os.Stderr, "run:", err)
			well = false
		}
	}
	if !well {
		os.Exit(1)
	}
}

// measure runs the sections' commands, all of them once and then all of them again, so that what else the machine does
// in a minute does not fall on one figure alone. It says whether all of them went well.
func measure(ctx context.Context, run *result.Run, which []section) bool {
	well := true
	outputs := map[string]string{}
	for round := range run.Rounds {
		for i, s := range which {
			if round == 0 {
				run.Sections = append(run.Sections, result.Section{Name: s.name, Commands: make([]result.Command, len(s.commands))})
			}
			for j, c := range s.commands {
				did := &run.Sections[i].Commands[j]
				did.Line = c.line(run.Short)
				fmt.Fprintf(os.Stderr, "%s %d/%d: %s\n", s.name, round+1, run.Rounds, did.Line)
				out := execute(ctx, did, round == 0)
				outputs[did.Line] += out
				did.Figures = result.Parse(outputs[did.Line])
				well = well && did.Failed == ""
			}
		}
	}
	return well
}

// execute runs a command and gives what it printed.
func execute(ctx context.Context, did *result.Command, first bool) string {
	if first {
		did.Load = result.Load()
	}
	began := time.Now()
	cmd := osexec.CommandContext(ctx, "sh", "-c", did.Line)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&out, os.Stderr), os.Stderr
	if err := cmd.Run(); err != nil {
		did.Failed = err.Error()
	}
	did.Seconds += time.Since(began).Seconds()
	return out.String()
}
