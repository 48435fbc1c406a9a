package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// screen shows frames: on a terminal each in the place of the one before, else one below the other.
type screen struct {
	out   io.Writer
	live  bool // a terminal
	lines int  // of the frame that is shown
	size  func() (width, height int)
}

// A terminal whose size is not known is taken to be so large.
const (
	screenWidth  = 80
	screenHeight = 24
)

func newScreen(out io.Writer) *screen {
	f, ok := out.(*os.File)
	if !ok {
		return &screen{out: out, size: usual}
	}
	info, err := f.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != ""
	return &screen{out: out, live: live, size: func() (int, int) {
		w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
		if err != nil || w.Col == 0 || w.Row == 0 {
			return usual()
		}
		return int(w.Col), int(w.Row)
	}}
}

func usual() (width, height int) { return screenWidth, screenHeight }

// fit makes a frame no larger than the screen, whose last line is the cursor's: a frame that scrolled could not be drawn
// over. The last line, which says how things stand, stays.
func fit(frame []string, width, height int) []string {
	if room := max(height-1, 1); len(frame) > room {
		frame = append(frame[:room-1:room-1], frame[len(frame)-1])
	}
	out := make([]string, len(frame))
	for i, line := range frame {
		if r := []rune(line); len(r) > max(width-1, 1) {
			line = string(r[:max(width-2, 0)]) + "…"
		}
		out[i] = line
	}
	return out
}

// show draws a frame.
func (s *screen) show(frame []string) error {
	var b strings.Builder
	if s.live {
		width, height := s.size()
		frame = fit(frame, width, height)
		if s.lines > 0 {
			fmt.Fprintf(&b, "\x1b[%dA", s.lines)
		}
	}
	for _, line := range frame {
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
