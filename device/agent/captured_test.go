//go:build linux && cgo && alsa

package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/player/vcap"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// ALSA reads its settings once a process, so the unit is a process of its own:
// this test binary again, with the unit's directory in its environment.
const (
	unitVariable = "AGENT_TEST_UNIT"
	// bufferVariable is the length of the card's buffer, the default where empty.
	bufferVariable = "AGENT_TEST_BUFFER"
)

// calmBuffer is long enough for a busy host.
const calmBuffer = 400 * time.Millisecond

func TestMain(m *testing.M) {
	dir := os.Getenv(unitVariable)
	if dir == "" {
		debug.SetGCPercent(400) // days in bubbles make much and keep little
		os.Exit(m.Run())
	}
	err := beUnit(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	switch {
	case errors.Is(err, agent.ErrRestart):
		os.Exit(restartCode)
	case err != nil:
		os.Exit(1)
	}
	os.Exit(0)
}

// restartCode is the exit code with which the agent asks to be started anew.
const restartCode = 75

// beUnit is an agent on the ALSA default until SIGTERM.
func beUnit(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "unit.yaml"))
	if err != nil {
		return err
	}
	settings, err := agent.ParseSettings(data)
	if err != nil {
		return err
	}
	disk := spool.OS(filepath.Join(dir, "data"))
	buffer, _ := time.ParseDuration(os.Getenv(bufferVariable)) // 0 where empty
	out, err := player.NewALSA(player.ALSASettings{Buffer: buffer, Wait: true})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			_ = os.WriteFile(filepath.Join(dir, "goroutines"), []byte(strconv.Itoa(runtime.NumGoroutine())), 0o600)
		}
	}()
	return agent.Run(ctx, agent.Options{
		Settings: settings, Disk: disk, Sound: out, Software: "captured", Lang: "en",
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// The morning that is listened to, in seconds after the loop's window begins.
const (
	noticeAt  = 9  // the notice cuts into the loop's second round
	warningAt = 16 // the warning is issued, in its third
	morning   = 23 // the window ends: too early for a fourth
)

// fadeOut is the length of what is cut, edge that of a beginning in the middle
// of an item, in frames.
const (
	fadeOut = 3 * wire.Rate / 10
	edge    = wire.Rate / 100
)

// closeTo is how near to its instant everything must sound. It is far above
// what is measured on an idle machine, so that it fails for a reason.
const closeTo = 20 * time.Millisecond

// heard is a morning of a unit, as the card heard it.
type heard struct {
	loop, notice, warning []recording

	zero   time.Time // the loop's window begins
	issued time.Time // of the warning
	card   *vcap.Capture
	sound  []float32 // of the card's one channel
	proof  []wire.AsRun
	turns  []vcap.Turn // of the amplifier
}

// TestCardHearsWhatTheCentreSigned lives through a morning: a loop of lossless
// sweeps, a notice with MP3 at its time, a warning out of the blue. Everything
// is real: signed bulletins over MQTT, files over HTTP, the unit's loops, its
// decoders, player and ALSA; the card keeps every sample and its instant.
func TestCardHearsWhatTheCentreSigned(t *testing.T) {
	h := listen(t)
	if h.card.Rate != wire.Rate || h.card.Channels != 2 {
		t.Fatalf("the card was opened at %d Hz with %d channels, want %d and 2", h.card.Rate, h.card.Channels, wire.Rate)
	}
	for i, s := range h.card.Channel(1) {
		if s != h.sound[i] {
			t.Fatalf("the two channels differ at frame %d", i)
		}
	}
	const loopGain, noticeGain = 0.8, 0.4 // 80 % of the unit; 50 % of that
	round := joined(h.loop)
	rounds := append(append(append([]float32{}, round...), round...), round...)
	notice, warning := joined(h.notice), joined(h.warning)

	// The loop's first round and what the notice left of its second, WAV and
	// FLAC in turn, without a gap between items or rounds.
	start := h.find(t, "the loop", rounds[:wire.Rate], 0)
	h.wantSilence(t, 0, start)
	h.wantInstant(t, "the loop begins", start, h.zero)
	h.wantSame(t, "the loop up to the notice", start, rounds[:noticeAt*wire.Rate-fadeOut], loopGain)

	// The notice: a sweep, and MP3 as the unit's own decoder has them.
	begin := h.find(t, "the notice", notice[:wire.Rate/2], start)
	h.wantInstant(t, "the notice cuts in", begin, h.zero.Add(noticeAt*time.Second))
	h.wantSame(t, "the notice", begin, notice, noticeGain)
	h.wantFade(t, begin, rounds[noticeAt*wire.Rate-fadeOut:noticeAt*wire.Rate], loopGain)

	// The loop goes on where it would be by now.
	from := noticeAt*wire.Rate + len(notice) + edge
	rejoined := h.find(t, "the loop after the notice", rounds[from:from+wire.Rate/4], begin+len(notice))
	h.wantInstant(t, "the loop rejoins", rejoined, h.loopInstant(from))
	alarm := h.find(t, "the warning", warning[fadeOut:], rejoined) - fadeOut
	t.Logf("the warning sounds %v after it was published", h.card.Instant(alarm).Sub(h.issued).Round(time.Millisecond))
	if d := h.card.Instant(alarm).Sub(h.issued); d < 0 || d > 3*time.Second {
		t.Errorf("the warning sounds %v after it was published, want within 3 s", d)
	}
	if n := same(h.sound[rejoined:], rounds[from:], loopGain); rejoined+n < alarm-wire.Rate/2 {
		t.Errorf("the loop is right for %d frames after the notice; the warning came %d frames after it", n, alarm-rejoined)
	}

	// The same after the warning, whose beginning is mixed with the loop's fade.
	h.wantSame(t, "the warning", alarm+fadeOut, warning[fadeOut:], loopGain)
	over := alarm + len(warning)
	from = int(h.card.Instant(over).Sub(h.zero).Seconds()*wire.Rate) + 5*edge
	rejoined = h.find(t, "the loop after the warning", rounds[from:from+wire.Rate/4], over)
	h.wantInstant(t, "the loop rejoins again", rejoined, h.loopInstant(from))
	h.wantSame(t, "the loop up to its end", rejoined, rounds[from:], loopGain)
	h.wantSilence(t, rejoined+len(rounds)-from, len(h.sound))

	// All of it is heard behind an amplifier that takes long to wake.
	if n := same(h.card.Amplified(0, h.turns, ampWake), h.sound, 1); n < len(h.sound) {
		t.Errorf("the amplifier swallows what sounds at %v; it was switched %v", h.card.Instant(n), h.turns)
	}

	h.wantProof(t, "notice", len(notice), begin)
	h.wantProof(t, "warning", len(warning), alarm)
}

// listen lives through a morning in which the host let the unit run without an
// underrun. What kept a try from it is told, not hidden.
func listen(t *testing.T) *heard {
	t.Helper()
	for try := 1; ; try++ {
		h, reason := live(t)
		if reason == "" {
			return h
		}
		t.Logf("try %d is in vain: %s", try, reason)
		if try == 3 {
			t.Fatal("the host let the unit run in none of three tries")
		}
	}
}

// live lives through one morning; reason is why the host, not the unit, made it
// worthless.
func live(t *testing.T) (h *heard, reason string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := agenttest.ListenOn(t, l)
	defer c.Close()
	web := httptest.NewServer(&c.Media)
	defer web.Close()
	amp := newAmp(t)
	card, log, stop := startUnit(t, c, web.URL, amp.settings, calmBuffer)

	h = &heard{
		loop:    []recording{inWAV(t, c, 196_801, 1), inFLAC(t, c, 158_403, 2)},
		notice:  []recording{inWAV(t, c, 52_801, 3), inMP3(t, c, "melody48.mp3"), inMP3(t, c, "melody44.mp3")},
		warning: []recording{inWAV(t, c, 72_001, 4)},
	}
	h.zero = time.Now().Add(5 * time.Second).Truncate(time.Second)
	c.County(horn, h.programmes(t)...)
	after := func(seconds int) time.Time { return h.zero.Add(time.Duration(seconds) * time.Second) }
	time.Sleep(time.Until(after(0).Add(-500 * time.Millisecond)))
	if have := agenttest.Last[wire.Have](c, horn, wire.ChannelHave); have.Ready != have.Assets || have.Ready < 5 {
		stop()
		return nil, fmt.Sprintf("the unit has %d of %d files half a second before they are due", have.Ready, have.Assets)
	}
	time.Sleep(time.Until(after(warningAt)))
	h.issued = time.Now()
	c.Orders(wire.Orders{Address: "area/county", Interrupts: []wire.Interrupt{{
		ID: "warning", Issuer: "county", Level: wire.LevelRed, Title: "Flood", Items: items(h.warning),
		Issued: h.issued.UnixMilli(), Until: after(600).UnixMilli(), Repeat: 1, Volume: 100,
	}}})
	time.Sleep(time.Until(after(morning)))
	stop()
	if h.card, err = card.Capture(); err != nil {
		t.Fatal(err)
	}
	h.sound, h.proof, h.turns = h.card.Channel(0), c.AsRuns(), amp.turns(t)
	switch {
	case len(h.card.XRuns) > 0:
		return nil, fmt.Sprintf("underruns: %+v", h.card.XRuns)
	case strings.Contains(log.String(), "re-anchored"):
		return nil, "the unit fell behind:\n" + log.String()
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("the unit said:\n%s", log)
	}
	return h, ""
}

// startUnit starts the unit on a card of its own and waits until it is
// connected; stop ends it.
func startUnit(t *testing.T, c *agenttest.Centre, media string, amp agent.Amplifier, buffer time.Duration) (card *vcap.Card, log *bytes.Buffer, stop func()) {
	t.Helper()
	card = vcap.New(t)
	dir := t.TempDir()
	settings := c.Settings(horn)
	settings.HTTP, settings.Amplifier = media, amp
	data, err := settings.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "unit.yaml"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), card.Env(), unitVariable+"="+dir, bufferVariable+"="+buffer.String())
	log = new(bytes.Buffer)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		kill()
		t.Fatal(err)
	}
	var ended bool
	stop = func() {
		if ended {
			return
		}
		ended = true
		defer kill()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop unit: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the unit ended with %v:\n%s", err, log)
		}
	}
	t.Cleanup(stop)
	for deadline := time.Now().Add(20 * time.Second); len(agenttest.Heard[wire.Birth](c, horn, wire.ChannelBirth)) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the unit does not connect within 20 s")
		}
	}
	return card, log, stop
}

// programmes are what is signed: the loop, and the notice at its time.
func (h *heard) programmes(t *testing.T) []wire.Programme {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	zero := h.zero.In(zone)
	clock := func(at time.Time) wire.Clock { return wire.Clock(at.Format("15:04:05")) }
	loop := agenttest.Programme("loop", "county", wire.Rule{
		Kind: wire.RuleLoop, Window: &wire.Window{From: clock(zero), To: clock(zero.Add(morning * time.Second))},
	}, items(h.loop)...)
	loop.Level, loop.OnCut = wire.LevelBackground, wire.CutRejoin
	notice := agenttest.Programme("notice", "county", wire.Rule{
		Kind: wire.RuleOnce, Once: wire.DateTime(zero.Add(noticeAt * time.Second).Format("2006-01-02T15:04:05")),
	}, items(h.notice)...)
	notice.Volume = 50
	return []wire.Programme{loop, notice}
}
