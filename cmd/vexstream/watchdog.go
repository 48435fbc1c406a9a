package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/bridge/fanotify"
)

// watchdogCommand is what a node runs beside itself while triggers have the kernel refuse operations.
func watchdogCommand() *cobra.Command {
	return &cobra.Command{
		Use: "watchdog", Hidden: true, Short: "Answer the kernel when a node does not",
		RunE: func(_ *cobra.Command, args []string) error { return fanotify.Watchdog(args) },
	}
}

// watchdogOf is the command line of watchdogCommand; nil: nobody knows where this program lies.
func watchdogOf(program string, err error) []string {
	if err != nil {
		return nil
	}
	return []string{program, "watchdog"}
}

// onKillSwitch calls stop for SIGUSR2, until the function that it gives is called.
func onKillSwitch(stop func()) (end func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR2)
	go func() {
		for {
			select {
			case <-signals:
				stop()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}
