package demo

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/villagecast/villagecast/scheduler/app"
)

// tell says, once all runs, what there is to see and to try, and nothing else.
func tell(o Options, s *stage, a *app.App, took time.Duration) {
	say := func(format string, args ...any) { fmt.Fprintf(o.Out, format+"\n", args...) }
	say("ready after %.1f s", took.Seconds())
	say("")
	say("  look    %s", a.LoginLink("/demo"))
	say("  sound   %s", s.sound())
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	if next != nil {
		say("  next    %s: %s cuts into the county's loop, in %d s", inZone(next.At).Format("15:04:05"), next.Title, int(time.Until(next.At).Seconds()))
	}
	example, program, forget := "xiling-horn", self(), "make forget"
	if data := absolute(o.Data); data != absolute(o.Usual) { // neither would find it
		program, forget = program+" --data "+quote(data), "rm -r "+quote(data)
	}
	say("  try     stop one: kill %d (%s); then: %s outages", s.all[example].pid(), example, program)
	say("          warn a town: %s warn yunfeng --level orange --text 山洪预警 --until 2m", program)
	say("  data    %s; forget it with: %s", absolute(o.Data), forget)
	for _, note := range notes(o.Notes) {
		say("  without %s", note)
	}
	if !a.SpeechAvailable() {
		say("  without speech: espeak-ng is not here, melodies stand in for the notices")
	}
	say("")
	say("Ctrl-C ends it.")
}

// inZone is a time as the county's clocks, and so the page, show it.
func inZone(t time.Time) time.Time {
	if loc, err := time.LoadLocation(zone); err == nil {
		return t.In(loc)
	}
	return t
}

// sound says where the one loud unit plays.
func (s *stage) sound() string {
	s.mu.Lock()
	out := s.units[loud].Presence.SoundOutput
	s.mu.Unlock()
	if strings.HasPrefix(out, "ALSA") {
		return fmt.Sprintf("unit %s on %s; %d silent", loud, out, len(s.all)-1)
	}
	return "no sound card: listen in the browser"
}

func self() string {
	path, err := os.Executable()
	if err != nil {
		return "villagecast"
	}
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") && strings.Contains(rel, "/") {
			return quote(rel)
		}
	}
	return quote(path)
}

// quote makes one word of a path for a shell.
func quote(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-", r)
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// notes are the lines of what was left out before the start.
func notes(path string) (lines []string) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	return lines
}
