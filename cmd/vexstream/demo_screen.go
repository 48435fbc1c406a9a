package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// screen shows frames: on a terminal each in the place of the one before, else one below the other.
type screen struct {
	out   io.Writer
	live  bool // a terminal
	lines int  // of the frame that is shown
}

const screenWidth = 79 // columns; longer lines are cut, so that a frame has as many lines as it was given

func newScreen(out io.Writer) *screen {
	f, ok := out.(*os.File)
	if !ok {
		return &screen{out: out}
	}
	info, err := f.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != ""
	return &screen{out: out, live: live}
}

// show draws a frame.
func (s *screen) show(frame []string) error {
	var b strings.Builder
	if s.live && s.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.lines)
	}
	for _, line := range frame {
		if r := []rune(line); s.live && len(r) > screenWidth {
			line = string(r[:screenWidth-1]) + "…"
		}
		b.WriteString(line)
		if s.live {
			b.WriteString("\x1b[K")
		}
		b.WriteByte('\n')
	}
	if s.live {
		b.WriteString("\x1b[J")
	}
	s.lines = len(frame)
	_, err := io.WriteString(s.out, b.String())
	return err
}

// table gives rows as aligned lines under a title: the first column to the left, the others to the right.
func table(title string, head []string, rows [][]string) []string {
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, v := range r {
			width[i] = max(width[i], len([]rune(v)))
		}
	}
	lines := []string{title}
	for _, r := range append([][]string{head}, rows...) {
		var b strings.Builder
		for i, v := range r {
			if pad := strings.Repeat(" ", width[i]-len([]rune(v))); i == 0 {
				b.WriteString("  " + v + pad)
			} else {
				b.WriteString("  " + pad + v)
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}
