package demo

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

// tell says, once all runs, what there is to see and to try, and nothing else.
func tell(o Options, s *stage, a *app.App, took time.Duration) {
	say := o.say
	say(words("%.1f 秒后就绪", "ready after %.1f s"), took.Seconds())
	say(words("", ""))
	say(words("  打开    %s", "  look    %s"), a.LoginLink("/demo"))
	say(words("  声音    %s", "  sound   %s"), s.sound().In(o.Language))
	s.mu.Lock()
	next := s.next
	s.mu.Unlock()
	if next != nil {
		say(words("  接下来  %s：%s插播，打断全县的循环播出，还有 %d 秒", "  next    %s: %s cuts into the county's loop, in %d s"),
			inZone(next.At).Format("15:04:05"), next.Title, int(time.Until(next.At).Seconds()))
	}
	example, program, forget := "xiling-horn", self(), "make forget"
	if data := absolute(o.Data); data != absolute(o.Usual) { // neither would find it
		program, forget = program+" --data "+quote(data), "rm -r "+quote(data)
	}
	say(words("  试试    停掉一个：kill %d（%s）；再看：%s outages", "  try     stop one: kill %d (%s); then: %s outages"), s.all[example].pid(), example, program)
	say(words("          向一个镇发预警：%s warn yunfeng --level orange --text 山洪预警 --until 2m",
		"          warn a town: %s warn yunfeng --level orange --text 山洪预警 --until 2m"), program)
	say(words("  数据    %s；清除：%s", "  data    %s; forget it with: %s"), absolute(o.Data), forget)
	for _, note := range notes(o.Notes) {
		say(words("  没有    %s", "  without %s"), note)
	}
	if !a.SpeechAvailable() {
		say(words("  没有    语音：本机没有 espeak-ng，通知用旋律代替", "  without speech: espeak-ng is not here, melodies stand in for the notices"))
	}
	say(words("", ""))
	say(words("按 Ctrl-C 结束。", "Ctrl-C ends it."))
}

// words are the same in both languages.
func words(zh, en string) scheduler.Words { return scheduler.Words{ZH: zh, EN: en} }

// say prints a line in the language of whoever started it.
func (o Options) say(w scheduler.Words, values ...any) {
	fmt.Fprintf(o.Out, w.In(o.Language)+"\n", values...)
}

// inZone is a time as the county's clocks, and so the page, show it.
func inZone(t time.Time) time.Time {
	if loc, err := time.LoadLocation(zone); err == nil {
		return t.In(loc)
	}
	return t
}

// sound says where the one loud unit plays.
func (s *stage) sound() scheduler.Words {
	s.mu.Lock()
	out := s.units[loud].Presence.SoundOutput
	s.mu.Unlock()
	if strings.HasPrefix(out, "ALSA") {
		return words(fmt.Sprintf("终端 %s 用 %s；另外 %d 个不出声", loud, out, len(s.all)-1), fmt.Sprintf("unit %s on %s; %d silent", loud, out, len(s.all)-1))
	}
	return words("没有声卡：在浏览器里听", "no sound card: listen in the browser")
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
