//go:build linux && cgo && alsa

package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/player/vcap"
)

// A card is opened once a process, so each capture has a process of its own:
// this test binary again, with the name of the scene in its environment.
const sceneVariable = "PLAYER_TEST_SCENE"

func TestMain(m *testing.M) {
	if name := os.Getenv(sceneVariable); name != "" {
		if err := scenes[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A scene plays something and writes what it did, as JSON, to stdout.
var scenes = map[string]func() error{
	"exact": playExact,
	"lost":  playLost,
	"none":  playWithoutCard,
}

// acted is what a scene says.
type acted struct {
	Spans  []Span
	Played []struct {
		ID             string
		Offset, Frames int64
		At             time.Time
		Late           time.Duration
		Silent         int64
		Gap            bool
	}
	Faults []string
	Status struct{ Reanchors int }
}

type scene struct {
	acted
	p *Player
}

func newScene() (*scene, error) { return newSceneWith(ALSASettings{}) }

func newSceneWith(settings ALSASettings) (*scene, error) {
	out, err := NewALSA(settings)
	if err != nil {
		return nil, err
	}
	p := New(out, Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	return &scene{p: p}, p.Start()
}

// play gives the plan to the player and waits until it is over.
func (s *scene) play(spans []Span) {
	s.p.SetPlan(spans)
	end := spans[len(spans)-1].End().Add(700 * time.Millisecond)
	for time.Now().Before(end) {
		s.gather()
		time.Sleep(20 * time.Millisecond)
	}
	s.gather()
	for _, span := range spans {
		span.Clip = nil
		s.Spans = append(s.Spans, span)
	}
}

func (s *scene) gather() {
	for _, r := range s.p.Drain() {
		s.Played = append(s.Played, struct {
			ID             string
			Offset, Frames int64
			At             time.Time
			Late           time.Duration
			Silent         int64
			Gap            bool
		}{r.ID, r.Offset, r.Frames, r.At, r.Late, r.Silent, errors.Is(r.Err, ErrGap)})
	}
	fault := ""
	if f := s.p.Status().Fault; f != nil {
		fault = f.Error()
	}
	if n := len(s.Faults); n == 0 && fault != "" || n > 0 && s.Faults[n-1] != fault {
		s.Faults = append(s.Faults, fault)
	}
	s.Status.Reanchors = s.p.Status().Reanchors
}

func (s *scene) end() error {
	if err := s.p.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s.acted)
}

func clipOf(n int, seed uint64) *sound { return &sound{frames: vcap.Sweep(n, Rate, seed)} }

// playExact plays two spans that meet and, after a pause, one from its middle,
// with a buffer so long that a busy host does no harm.
func playExact() error {
	s, err := newSceneWith(ALSASettings{Buffer: time.Second})
	if err != nil {
		return err
	}
	at := time.Now().Add(4 * time.Second)
	s.play([]Span{
		{ID: "0", At: at, Clip: clipOf(100_001, 0), Frames: 100_001, Gain: 0.7},
		{ID: "1", At: at.Add(duration(100_001)), Clip: clipOf(70_003, 1), Frames: 70_003, Gain: 1},
		{ID: "2", At: at.Add(4 * time.Second), Clip: clipOf(60_000, 2), Offset: 20_000, Frames: 40_000, Gain: 1},
	})
	return s.end()
}

// playLost plays while its parent unplugs the card and plugs it in again.
func playLost() error {
	s, err := newScene()
	if err != nil {
		return err
	}
	s.play([]Span{{ID: "0", At: time.Now().Add(time.Second), Clip: clipOf(9*Rate, 0), Frames: 9 * Rate, Gain: 1}})
	return s.end()
}

func playWithoutCard() error {
	s, err := newScene()
	if !errors.Is(err, ErrNoCard) {
		return fmt.Errorf("start without a card: %v, want ErrNoCard", err)
	}
	s.gather()
	return s.end()
}

// act runs a scene on a card; while runs meanwhile, if not nil.
func act(t *testing.T, card *vcap.Card, name string, while func()) acted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), card.Env(), sceneVariable+"="+name)
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if while != nil {
		while()
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("scene %s: %v\n%s", name, err, log.String())
	}
	t.Logf("scene %s said:\n%s", name, log.String())
	var a acted
	if err := json.Unmarshal([]byte(out.String()), &a); err != nil {
		t.Fatalf("scene %s: %v in %q", name, err, out.String())
	}
	return a
}

// capture runs a scene until the host let it run without an underrun, at most
// four times. Underruns of a busy host are told, not hidden.
func capture(t *testing.T, name string) (acted, *vcap.Capture) {
	t.Helper()
	for try := 1; ; try++ {
		card := vcap.New(t)
		a := act(t, card, name, nil)
		c, err := card.Capture()
		if err != nil {
			t.Fatal(err)
		}
		if len(c.XRuns) == 0 && a.Status.Reanchors == 0 {
			return a, c
		}
		t.Logf("run %d of %s: underruns %v, re-anchored %d times", try, name, c.XRuns, a.Status.Reanchors)
		if try == 4 {
			t.Fatalf("no run of %s without an underrun", name)
		}
	}
}

func TestCardHearsSourceTimesGain(t *testing.T) {
	a, c := capture(t, "exact")
	if c.Rate != Rate || c.Channels != 2 || c.Period != 24000 || c.Buffer != 48000 {
		t.Errorf("card was opened at %d Hz with %d channels, period %d, buffer %d; want 48000, 2, 24000, 48000", c.Rate, c.Channels, c.Period, c.Buffer)
	}
	left, right := c.Channel(0), c.Channel(1)
	if !slices.Equal(left, right) {
		t.Error("the two channels differ")
	}
	src := [][]float32{vcap.Sweep(100_001, Rate, 0), vcap.Sweep(70_003, Rate, 1), vcap.Sweep(60_000, Rate, 2)[20_000+edgeFrames:]}
	var found []vcap.Match
	for i, s := range src {
		m, ok := vcap.Find(left, s, 0)
		if !ok {
			t.Fatalf("span %d is not in the capture", i)
		}
		gain := float32(a.Spans[i].Gain)
		for j, want := range s {
			if left[m.Frame+j] != want*gain {
				t.Fatalf("span %d: frame %d is %v, want %v", i, j, left[m.Frame+j], want*gain)
			}
		}
		found = append(found, m)
	}
	if end := found[0].Frame + 100_001; found[1].Frame != end {
		t.Errorf("second span begins at frame %d, want %d: no gap", found[1].Frame, end)
	}
	wantSilence(t, left, 0, found[0].Frame)
	wantSilence(t, left, found[1].Frame+70_003, found[2].Frame-edgeFrames)
	wantSilence(t, left, found[2].Frame+40_000-edgeFrames, len(left))
	for i, m := range []int{found[0].Frame, found[1].Frame, found[2].Frame - edgeFrames} {
		late := c.Instant(m).Sub(a.Spans[i].At)
		t.Logf("span %d sounded %v after its instant; reported late by %v, silent %d", i, late, a.Played[i].Late, a.Played[i].Silent)
		if late.Abs() > 20*time.Millisecond {
			t.Errorf("span %d sounded %v after its instant, want within 20 ms", i, late)
		}
		if d := c.Instant(m).Sub(a.Played[i].At); d.Abs() > 20*time.Millisecond {
			t.Errorf("span %d is reported %v off", i, d)
		}
	}
}

func TestCardUnpluggedIsReportedAndPlaysAgainWhereTheClockIs(t *testing.T) {
	card := vcap.New(t)
	a := act(t, card, "lost", func() {
		time.Sleep(2500 * time.Millisecond)
		if err := card.Unplug(); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if err := card.Plug(); err != nil {
			t.Error(err)
		}
	})
	c, err := card.Capture()
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Faults) < 2 || !strings.Contains(a.Faults[0], "lost") || a.Faults[len(a.Faults)-1] != "" {
		t.Errorf("faults were %q, want the loss and its end", a.Faults)
	}
	if n := len(a.Played); n != 2 || !a.Played[0].Gap || a.Played[1].Gap {
		t.Fatalf("played %+v, want a stretch before the gap and one after", a.Played)
	}
	rest := a.Played[1]
	src := vcap.Sweep(9*Rate, Rate, 0)[rest.Offset+edgeFrames:]
	m, ok := vcap.Find(c.Channel(0), src[:Rate/4], 0)
	if !ok {
		t.Fatal("the rest is not in the capture")
	}
	want := a.Spans[0].At.Add(duration(rest.Offset + edgeFrames))
	t.Logf("the rest began at frame %d, %v after its instant", rest.Offset, c.Instant(m.Frame).Sub(want))
	if d := c.Instant(m.Frame).Sub(want); d.Abs() > 20*time.Millisecond {
		t.Errorf("the rest sounded %v after its instant, want within 20 ms", d)
	}
}

func TestNoCardIsSaidAtTheStart(t *testing.T) {
	card := vcap.New(t)
	if err := card.Unplug(); err != nil {
		t.Fatal(err)
	}
	a := act(t, card, "none", nil)
	if len(a.Faults) != 1 || !strings.Contains(a.Faults[0], "no sound card") {
		t.Errorf("faults are %q, want one that says that there is no sound card", a.Faults)
	}
}
