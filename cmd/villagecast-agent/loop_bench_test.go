//go:build linux && cgo && alsa

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/villagecast/villagecast/device/player/vcap"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media/audio"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/app"
)

const (
	loopNotices = 4
	loopSeconds = 5                // of each: the loop comes round within the warm-up
	loopWarmUp  = 25 * time.Second // fetched, prepared, the first round over
	loopMeasure = 30 * time.Second
)

// BenchmarkLoop measures the agent as it is shipped, looping notices that a real
// centre has given it, on a captured card. Beside it, in the same seconds and
// each on a card of its own: oto alone with the same buffer and nothing to play, and
// mpg123 looping the same files.
func BenchmarkLoop(b *testing.B) {
	files := notices(b)
	programs := b.TempDir()
	for name, from := range map[string]string{"agent": ".", "otoidle": "./testdata/otoidle"} {
		out, err := exec.CommandContext(b.Context(), "go", "build", "-tags", "alsa", "-o", filepath.Join(programs, name), from).CombinedOutput()
		if err != nil {
			b.Fatalf("build %s: %v: %s", name, err, out)
		}
	}
	settings := loopCentre(b, files)
	for range b.N {
		agent := launch(b, filepath.Join(programs, "agent"), "-settings", settings, "-data", b.TempDir(), "-sound", "alsa", "-panel", "none")
		peers := map[string]*process{
			"oto":    launch(b, filepath.Join(programs, "otoidle")),
			"mpg123": launch(b, "mpg123", append([]string{"-q", "-o", "alsa", "--loop", "-1"}, files...)...),
		}
		if len(files) > 1 { // mpg123 loops a file, not a list, unless told so
			peers["mpg123"].stop()
			peers["mpg123"] = launch(b, "mpg123", append([]string{"-q", "-o", "alsa", "-Z"}, files...)...)
		}
		time.Sleep(loopWarmUp)
		began, from := time.Now(), agent.cpu()
		peerFrom := map[string]time.Duration{}
		for name, p := range peers {
			peerFrom[name] = p.cpu()
		}
		time.Sleep(loopMeasure)
		perHour := float64(time.Hour) / float64(time.Since(began))
		ours := (agent.cpu() - from).Seconds() * perHour
		b.ReportMetric(ours, "cpu-s/h")
		b.ReportMetric(agent.peak(), "peak-MB")
		for name, p := range peers {
			cpu := (p.cpu() - peerFrom[name]).Seconds() * perHour
			b.ReportMetric(cpu, name+"-cpu-s/h")
			b.ReportMetric(p.peak(), name+"-peak-MB")
			if name == "oto" {
				b.ReportMetric(ours/cpu, "times-oto")
			}
		}
		sounded(b, agent)
		for _, p := range peers {
			p.stop()
		}
	}
}

// sounded stops the agent and sees that it has really played.
func sounded(b *testing.B, agent *process) {
	state := agent.page()
	agent.stop()
	c, err := agent.card.Capture()
	if err != nil {
		b.Fatal(err)
	}
	loud, left := 0, c.Channel(0)
	tail := left[max(0, len(left)-int(loopMeasure.Seconds())*c.Rate):]
	for _, s := range tail {
		if s > 0.001 || s < -0.001 {
			loud++
		}
	}
	if loud < len(tail)/4 {
		b.Fatalf("the agent was silent: %d of %d frames sounded\n%s\n%s", loud, len(tail), state, agent.log.String())
	}
	b.ReportMetric(float64(len(c.XRuns)), "underruns")
}

// notices are MP3 files as they travel.
func notices(b *testing.B) []string {
	dir := b.TempDir()
	var list []string
	for i := range loopNotices {
		wav := filepath.Join(dir, fmt.Sprintf("%d.wav", i))
		f, err := os.Create(wav)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := audio.WriteWAV(f, audio.Gain(audio.Melody(loopSeconds), 1-float32(i)/10)); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		mp3 := filepath.Join(dir, fmt.Sprintf("%d.mp3", i))
		out, err := exec.CommandContext(b.Context(), "lame", "--quiet", "-m", "m", "-b", "64", "--resample", "48", wav, mp3).CombinedOutput()
		if err != nil {
			b.Fatalf("make an MP3 with lame (Debian: apt-get install lame): %v: %s", err, out)
		}
		list = append(list, mp3)
	}
	return list
}

// loopCentre starts a centre with one unit that loops the files, and returns the
// unit's settings file.
func loopCentre(b *testing.B, files []string) string {
	ctx := b.Context()
	centre, err := app.New(app.Options{Data: filepath.Join(b.TempDir(), "centre"), HTTP: "127.0.0.1:0", MQTT: "127.0.0.1:0"})
	if err == nil {
		err = centre.Start(ctx)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := centre.Stop(); err != nil {
			b.Error(err)
		}
	})
	st := centre.Store()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	_, _, err = st.PutArea(ctx, scheduler.Area{ID: "county", Name: "county"})
	must(err)
	county, err := st.County(ctx)
	must(err)
	county.Quiet = nil // it is to sound at any hour
	_, _, err = st.SetCounty(ctx, county)
	must(err)
	_, secret, err := st.AddUnit(ctx, scheduler.Unit{ID: "u1", Area: "county", State: scheduler.UnitPlanned, Outputs: []wire.Output{wire.OutputSound}, Volume: 100})
	must(err)
	list := scheduler.Playlist{ID: "notices", Title: "notices"}
	for _, name := range files {
		data, err := os.ReadFile(name)
		must(err)
		info, err := audio.Probe(bytes.NewReader(data))
		must(err)
		hash, size, err := centre.Files().Put(bytes.NewReader(data), "")
		must(err)
		original := sha256.Sum256([]byte(name))
		id := hex.EncodeToString(original[:])
		_, _, err = st.AddAsset(ctx, scheduler.Asset{ID: id, Kind: scheduler.AssetAudio, Title: name, Name: name, Size: size, Rendition: &scheduler.Rendition{
			Hash: string(hash), Size: size, Type: info.Type, Lead: info.Lead, Frames: info.Frames - info.Lead - info.Trail}})
		must(err)
		list.Items = append(list.Items, scheduler.PlaylistItem{Audio: id})
	}
	_, _, err = st.PutPlaylist(ctx, list)
	must(err)
	_, _, err = st.PutDraft(ctx, scheduler.Programme{
		ID: "loop", Title: "notices", Playlist: list.ID, Issuer: "county", Targets: scheduler.Targets{Areas: []string{"county"}},
		Rule: aroundNow(county.Zone),
	})
	must(err)
	_, _, err = st.Release(ctx, "loop", 0)
	must(err)
	text, err := centre.Enrol("u1", secret)
	must(err)
	settings := filepath.Join(b.TempDir(), "u1.yaml")
	must(os.WriteFile(settings, []byte(text), 0o600))
	return settings
}

// aroundNow is a loop that began half an hour ago and goes on for hours.
func aroundNow(zone string) wire.Rule {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	now := time.Now().In(loc)
	clock := func(d time.Duration) wire.Clock { return wire.Clock(now.Add(d).Format("15:04")) }
	day := func(d int) wire.DateTime { return wire.DateTime(now.AddDate(0, 0, d).Format("2006-01-02T15:04:05")) }
	return wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: clock(-30 * time.Minute), To: clock(6 * time.Hour)}, From: day(-2), Until: day(2)}
}

// process is a program that plays on a card of its own.
type process struct {
	card *vcap.Card
	cmd  *exec.Cmd
	log  *bytes.Buffer
	stop func()
	b    *testing.B
}

func launch(b *testing.B, program string, args ...string) *process {
	b.Helper()
	p := &process{card: vcap.New(b), log: new(bytes.Buffer), b: b}
	ctx, cancel := context.WithCancel(context.Background())
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.Env = append(os.Environ(), p.card.Env())
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		b.Fatalf("start %s: %v", program, err)
	}
	stopped := false
	p.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			_ = p.cmd.Wait() // it was told to end; how it says so is its own matter
		}
	}
	b.Cleanup(p.stop)
	return p
}

// page is the state that the agent's local page shows.
func (p *process) page() string {
	_, rest, ok := strings.Cut(p.log.String(), "page: ")
	if !ok {
		return "no local page"
	}
	answer, err := http.Get(strings.Fields(rest)[0] + "api/state")
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// cpu is the processor time that the process has used, of all its threads, as
// its processor clock says (clock_getcpuclockid(3)).
func (p *process) cpu() time.Duration {
	var t syscall.Timespec
	clock := ^p.cmd.Process.Pid<<3 | 2 // CPUCLOCK_SCHED
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		p.b.Fatalf("read processor time of %s: %v\n%s", p.cmd.Path, errno, p.log.String())
	}
	return time.Duration(t.Nano())
}

// peak is the most memory that the process has held, in MB.
func (p *process) peak() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		p.b.Fatalf("read memory of %s: %v", p.cmd.Path, err)
	}
	return kb * 1024 / 1e6
}
