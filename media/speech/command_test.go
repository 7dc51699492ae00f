package speech

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/media/audio"
)

// script makes a program of our own that stands for a voice.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voice")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// echo answers with a WAV file that holds its arguments and the text file.
const echo = `{ printf 'RIFF....WAVE%050d' 0; echo "$3"; cat "$2"; } > "$1"`

func TestCommandGivesSpelledTextWithoutAShell(t *testing.T) {
	voice := script(t, echo)
	c := &Command{Argv: []string{voice, "{out}", "{file}", "{text}"}}
	wav, err := c.Speak(t.Context(), "-v $(touch /tmp/x) `id` 8:30 开会; \"rm\"\x00")
	if err != nil {
		t.Fatal(err)
	}
	want := " -v $(touch /tmp/x) `id` 八点三十分 开会; \"rm\"\n-v $(touch"
	if !bytes.Contains(wav, []byte(want)) {
		t.Errorf("the program got %q, want %q in it", wav, want)
	}
}

func TestCommandTakesEnglishVoice(t *testing.T) {
	voice := script(t, echo)
	c := &Command{Argv: []string{voice, "{out}", "{file}", "zh"}, English: []string{voice, "{out}", "{file}", "en"}}
	for text, want := range map[string]string{"Meeting at 8:30": "en\nMeeting at 8:30", "8:30开会": "zh\n八点三十分开会"} {
		wav, err := c.Speak(t.Context(), text)
		if err != nil || !bytes.Contains(wav, []byte(want)) {
			t.Errorf("Speak(%s) gave %q, %v; want %q in it", text, wav, err, want)
		}
	}
}

func TestCommandFailures(t *testing.T) {
	for _, c := range []struct {
		name, program, body, text string
		kind                      Kind
		says                      string
	}{
		{"absent", "no-such-voice", "", "村民", Absent, "install"},
		{"fails", "", "echo no such voice >&2; exit 3", "村民", Failed, "no such voice"},
		{"writes nothing", "", "exit 0", "村民", Failed, "no recording"},
		{"writes no WAV", "", `printf '%0100d' 0 > "$1"`, "村民", Failed, "no recording"},
		{"too slow", "", "exec sleep 60", "村民", Slow, "in time"},
		{"too long", "", "", strings.Repeat("村", 21), TooLong, "21 characters, at most 20"},
		{"empty", "", "", " …… ", Empty, "nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := c.program
			if program == "" {
				program = script(t, c.body)
			}
			cmd := &Command{Argv: []string{program, "{out}", "{file}"}, MaxText: 20, Timeout: 300 * time.Millisecond}
			_, err := cmd.Speak(t.Context(), c.text)
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want kind %s with %q", err, c.kind, c.says)
			}
		})
	}
}

func TestCommandStopsWithItsContext(t *testing.T) {
	c := &Command{Argv: []string{script(t, "exec sleep 60"), "{out}", "{file}"}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Speak(ctx, "村民"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestCommandValidate(t *testing.T) {
	for _, argv := range [][]string{nil, {}, {""}, {"{text}", "{out}"}, {"v", "{out}"}, {"v", "{text}"}} {
		if (&Command{Argv: argv}).Validate() == nil {
			t.Errorf("Validate took %q", argv)
		}
	}
	if err := Espeak().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEspeakSpeaks(t *testing.T) {
	if !Espeak().Available() {
		_, err := Espeak().Speak(t.Context(), "各位村民请注意")
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Absent {
			t.Errorf("without espeak-ng: got %v", err)
		}
		t.Skip("espeak-ng is not installed: only its absence is tested")
	}
	for text, least := range map[string]time.Duration{"各位村民请注意，今晚8:30开会。": 2 * time.Second, "Meeting tonight at half past eight.": time.Second} {
		wav, err := Espeak().Speak(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		info, err := audio.Probe(bytes.NewReader(wav))
		if err != nil || info.Length() < least || info.Loudness < -30 {
			t.Errorf("Speak(%s): %+v, %v; want at least %v of sound", text, info, err, least)
		}
	}
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Error("Available without the program")
	}
}
