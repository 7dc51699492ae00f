package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits that hold where Command states none.
const (
	DefaultMaxText = 2000 // characters: about ten minutes
	DefaultTimeout = time.Minute
)

// maxWAV is the largest recording taken from a program, in bytes.
const maxWAV = 256 << 20

// Kind says why there is no speech, so that a page can say it in its own
// language.
type Kind string

// The kinds of Error.
const (
	Empty   Kind = "empty"    // there is nothing to read in the text
	TooLong Kind = "too_long" // the text has more than Max characters
	Absent  Kind = "absent"   // the program is not installed
	Failed  Kind = "failed"   // the program failed, or gave no recording
	Slow    Kind = "slow"     // the program did not end within its time
)

// Error is speech that could not be made, with the reason and the remedy.
type Error struct {
	Kind    Kind
	Program string
	Length  int // of the text, in characters
	Max     int
	Detail  string // what the program said
	Err     error
}

// Error says what is wrong and what to do.
func (e *Error) Error() string {
	switch e.Kind {
	case Empty:
		return "the text has nothing that can be read aloud: write the notice first"
	case TooLong:
		return fmt.Sprintf("the text has %d characters, at most %d can be read aloud: shorten it or make two notices", e.Length, e.Max)
	case Absent:
		return fmt.Sprintf("the speech program %q is not installed on the centre's machine: install it (Debian: apt install espeak-ng), set another in the configuration, or upload a recording", e.Program)
	case Slow:
		return fmt.Sprintf("the speech program %q did not finish in time: shorten the text or upload a recording", e.Program)
	}
	return fmt.Sprintf("the speech program %q gave no recording: check its configuration or upload a recording (%s)", e.Program, e.Detail)
}

// Unwrap returns the error under it.
func (e *Error) Unwrap() error { return e.Err }

// Command is a Speaker that runs a program for each text, without a shell. In its
// arguments {out} stands for the WAV file to write and, for the text, either
// {file}, a UTF-8 file that holds it, or {text}, the text itself.
type Command struct {
	// Argv is the program and its arguments.
	Argv []string
	// English is what to run instead for a text without a Chinese character;
	// empty: Argv. Such a text is not spelled out.
	English []string
	// MaxText is the longest text in characters; 0: DefaultMaxText.
	MaxText int
	// Timeout is how long the program may run; 0: DefaultTimeout.
	Timeout time.Duration
}

// Espeak is the Speaker of a plain installation: espeak-ng.
func Espeak() *Command {
	return &Command{
		Argv:    []string{"espeak-ng", "-v", "cmn-latn-pinyin", "-w", "{out}", "-f", "{file}"},
		English: []string{"espeak-ng", "-v", "en", "-w", "{out}", "-f", "{file}"},
	}
}

// Validate reports what is wrong with the settings.
func (c *Command) Validate() error {
	lines := [][]string{c.Argv}
	if len(c.English) > 0 {
		lines = append(lines, c.English)
	}
	for _, argv := range lines {
		all := strings.Join(argv, "\n")
		switch {
		case len(argv) == 0 || argv[0] == "" || strings.Contains(argv[0], "{"):
			return fmt.Errorf("speech command %q: the first word must be a program", argv)
		case !strings.Contains(all, "{out}"):
			return fmt.Errorf("speech command %q: an argument must hold {out}, the WAV file to write", argv)
		case !strings.Contains(all, "{text}") && !strings.Contains(all, "{file}"):
			return fmt.Errorf("speech command %q: an argument must hold {file} or {text}, the text to read", argv)
		}
	}
	return nil
}

// Available tells whether the program is installed.
func (c *Command) Available() bool {
	if len(c.Argv) == 0 {
		return false
	}
	_, err := exec.LookPath(c.Argv[0])
	return err == nil
}

// Speak implements Speaker.
func (c *Command) Speak(ctx context.Context, text string) ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	text = clean(text)
	limit := c.MaxText
	if limit == 0 {
		limit = DefaultMaxText
	}
	switch n := utf8.RuneCountInString(text); {
	case !speakable(text):
		return nil, &Error{Kind: Empty}
	case n > limit:
		return nil, &Error{Kind: TooLong, Length: n, Max: limit}
	}
	argv := c.Argv
	if Chinese(text) {
		text = Spell(text)
	} else if len(c.English) > 0 {
		argv = c.English
	}
	dir, err := os.MkdirTemp("", "villagecast-speech-")
	if err != nil {
		return nil, fmt.Errorf("speak: %w", err)
	}
	defer os.RemoveAll(dir)
	return c.run(ctx, argv, text, dir)
}

func (c *Command) run(ctx context.Context, argv []string, text, dir string) ([]byte, error) {
	in, out := filepath.Join(dir, "text.txt"), filepath.Join(dir, "out.wav")
	if err := os.WriteFile(in, []byte(text+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("speak: %w", err)
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx2, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// A text that begins with a dash must not be read as an option.
	arg := text
	if strings.HasPrefix(arg, "-") {
		arg = " " + arg
	}
	fill := strings.NewReplacer("{out}", out, "{file}", in, "{text}", arg)
	args := make([]string, len(argv)-1)
	for i, a := range argv[1:] {
		args[i] = fill.Replace(a)
	}
	cmd := exec.CommandContext(ctx2, argv[0], args...)
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &capped{&said}, &capped{&said}
	err := cmd.Run()
	fault := func(k Kind, err error) error {
		return &Error{Kind: k, Program: argv[0], Detail: strings.TrimSpace(said.String()), Err: err}
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("speak: %w", ctx.Err())
	case ctx2.Err() != nil:
		return nil, fault(Slow, ctx2.Err())
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return nil, fault(Absent, err)
	case err != nil:
		fmt.Fprintf(&said, " %v", err)
		return nil, fault(Failed, err)
	}
	return recording(out, fault)
}

// recording reads what the program wrote, if it is a WAV file.
func recording(path string, fault func(Kind, error) error) ([]byte, error) {
	if i, err := os.Stat(path); err != nil || i.Size() > maxWAV {
		return nil, fault(Failed, err)
	}
	wav, err := os.ReadFile(path)
	if err != nil {
		return nil, fault(Failed, err)
	}
	if len(wav) <= 44 || string(wav[:4]) != "RIFF" || string(wav[8:12]) != "WAVE" {
		return nil, fault(Failed, errors.New("not a WAV file"))
	}
	return wav, nil
}

// capped keeps the first 1,000 bytes of what a program says.
type capped struct{ b *bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if room := 1000 - c.b.Len(); room > 0 {
		c.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
