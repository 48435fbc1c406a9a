// Command vexstream runs a node of vexstream, shows one at work, or says what this machine allows it.
//
// # Concurrency
//
// The main goroutine waits for a signal or for the end of the command; package node starts everything else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// endings are the signals that end a command in good order. Under nohup a terminal that goes away is none.
func endings() []os.Signal {
	out := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		out = append(out, syscall.SIGHUP)
	}
	return out
}

// exitBroken is the exit status of a node that stopped because its disk failed: EX_IOERR of sysexits.h.
const exitBroken = 74

// run runs the command line and gives the exit status: 0 done, 1 failed, 2 used wrongly, exitBroken.
func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // a reader of the output that has enough is an error of writing, after which all is cleaned up
	context.AfterFunc(ctx, stop)   // a second signal ends the process at once
	started := false
	root := &cobra.Command{
		Use:           "vexstream",
		Short:         "Continuous SQL over what happens on this machine",
		Long:          "vexstream turns file events and rows of applications into streams, keeps SQL views over windows of them current,\nand lets psql read both.",
		Example:       "  vexstream demo\n  vexstream serve --data ./data --watch /some/dir",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			started = true
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(serveCommand(), passwdCommand(), demoCommand(), checkCommand(), verifyCommand(), backupCommand(), restoreCommand(), dumpCommand(), exportCommand(), importCommand(), versionCommand(), watchdogCommand())
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, syscall.EPIPE) {
		return 0 // whoever read had enough
	}
	fmt.Fprintln(errs, "vexstream:", err)
	if e, ok := sqlerr.As(err); ok && e.Hint != "" {
		fmt.Fprintln(errs, "HINT: ", e.Hint)
	}
	if errors.As(err, new(stopped)) {
		return exitBroken
	}
	if !started {
		fmt.Fprintln(errs, "HINT:  vexstream --help lists the commands; vexstream COMMAND --help their flags.")
		return 2
	}
	return 1
}
