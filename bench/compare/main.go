package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/vexfs/vexstream/bench/result"
)

const pinsFile = "bench/compare/pins.txt"

func main() {
	pinned := flag.Bool("pins", false, "run the pinned benchmarks and compare them with "+pinsFile)
	write := flag.Bool("write", false, "with -pins: pin what they give now")
	flag.Parse()
	ok := false
	var err error
	switch {
	case *pinned && flag.NArg() == 0:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		ok, err = runPins(ctx, *write)
	case !*pinned && !*write && flag.NArg() == 2:
		ok, err = true, files(flag.Arg(0), flag.Arg(1))
	default:
		fmt.Fprintln(os.Stderr, "compare: name two files, or -pins")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// files compares two files and prints the page.
func files(before, now string) error {
	old, err := result.Read(before)
	if err != nil {
		return err
	}
	cur, err := result.Read(now)
	if err != nil {
		return err
	}
	print(os.Stdout, old, cur)
	return nil
}

func runPins(ctx context.Context, write bool) (bool, error) {
	text, err := os.ReadFile(pinsFile)
	if err != nil {
		return false, err
	}
	list, err := parsePins(string(text))
	if err != nil {
		return false, err
	}
	figures, err := measure(ctx, list, os.Stdout)
	if err != nil {
		return false, err
	}
	if write {
		return true, os.WriteFile(pinsFile, []byte(repin(string(text), list, figures)), 0o644)
	}
	return check(list, figures, os.Stdout), nil
}
