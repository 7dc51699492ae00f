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
	"slices"
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
	loopNotices  = 60 // of loopSeconds each: an hour
	loopSeconds  = 60
	loopWarmUp   = 10 * time.Second // after all is fetched
	loopMeasure  = 65 * time.Second // one change from notice to notice is in it
	loopPatience = time.Minute
	// loopPrepare is how long the hour may take to be prepared, at the agent's own
	// gentle pace.
	loopPrepare = 15 * time.Minute
)

// BenchmarkLoop measures the agent as it is shipped, looping an hour of notices
// that a real centre has given it and that it has prepared, on a captured card. Beside it, in the same
// seconds and each on a card of its own: oto alone with the same buffer and nothing
// to play, and mpg123 looping the same files.
func BenchmarkLoop(b *testing.B) {
	files := notices(b)
	programs := buildPrograms(b)
	centre := loopCentre(b, files)
	for range b.N {
		data := b.TempDir()
		agent := launch(b, filepath.Join(programs, "agent"), "-settings", centre.settings, "-data", data, "-sound", "alsa", "-panel", "none")
		centre.wait(b, agent)
		prepared(b, agent, data)
		oto := launch(b, filepath.Join(programs, "otoidle"))
		mpg123 := launch(b, "mpg123", append([]string{"-q", "-o", "alsa", "-Z"}, files...)...)
		time.Sleep(loopWarmUp)
		all := []*process{agent, oto, mpg123}
		began, used := time.Now(), make([]float64, len(all))
		for i, p := range all {
			used[i] = -p.cpu().Seconds()
		}
		time.Sleep(loopMeasure)
		perHour := float64(time.Hour) / float64(time.Since(began))
		for i, p := range all {
			used[i] = (used[i] + p.cpu().Seconds()) * perHour
		}
		b.ReportMetric(used[0], "cpu-s/h")
		b.ReportMetric(used[1], "oto-cpu-s/h")
		b.ReportMetric(used[2], "mpg123-cpu-s/h")
		b.ReportMetric(used[0]/used[1], "times-oto")
		b.ReportMetric(agent.peak(), "peak-MB")
		b.ReportMetric(oto.peak(), "oto-peak-MB")
		b.ReportMetric(mpg123.peak(), "mpg123-peak-MB")
		sounded(b, agent)
		for _, p := range all {
			p.stop()
		}
	}
}

// BenchmarkNewContent measures what an hour of notices that are new costs an
// agent besides playing them: to fetch, verify and keep them, and apart from that to
// prepare them, with the few minutes of playing that this takes. Beside it: the same
// bytes only hashed, and only written.
func BenchmarkNewContent(b *testing.B) {
	files := notices(b)
	programs := buildPrograms(b)
	centre := loopCentre(b, files)
	var size int64
	bare := cpuOf(b, os.Getpid())
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		size += int64(len(data))
		_ = sha256.Sum256(data)
		if err := os.WriteFile(name+".copy", data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	bare = cpuOf(b, os.Getpid()) - bare
	for range b.N {
		data := b.TempDir()
		agent := launch(b, filepath.Join(programs, "agent"), "-settings", centre.settings, "-data", data, "-sound", "none", "-panel", "none")
		centre.wait(b, agent)
		b.ReportMetric(agent.cpu().Seconds(), "cpu-s/h")
		b.ReportMetric(bare.Seconds(), "bare-cpu-s/h")
		b.ReportMetric(agent.written()/1e6, "written-MB/h")
		agent.stop()
		agent = launch(b, filepath.Join(programs, "agent"), "-settings", centre.settings, "-data", data, "-sound", "silent", "-panel", "none")
		prepared(b, agent, data)
		b.ReportMetric(agent.cpu().Seconds(), "prepare-cpu-s/h")
		b.ReportMetric(agent.written()/1e6, "prepare-written-MB/h")
		b.ReportMetric(float64(size)/1e6, "content-MB/h")
		agent.stop()
	}
}

// prepared waits until every notice is prepared.
func prepared(b *testing.B, agent *process, data string) {
	b.Helper()
	began := time.Now()
	for time.Since(began) < loopPrepare {
		list, err := filepath.Glob(filepath.Join(data, "pcm", "*"))
		if err != nil {
			b.Fatal(err)
		}
		if len(list) == loopNotices && !slices.ContainsFunc(list, func(name string) bool { return strings.HasSuffix(name, ".part") }) {
			b.ReportMetric(time.Since(began).Seconds(), "prepare-s")
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatalf("the agent has not prepared everything in %v\n%s", loopPrepare, agent.log.String())
}

// buildPrograms builds the agent as it is shipped and its peer.
func buildPrograms(b *testing.B) string {
	dir := b.TempDir()
	for name, from := range map[string]string{"agent": ".", "otoidle": "./testdata/otoidle"} {
		out, err := exec.CommandContext(b.Context(), "go", "build", "-tags", "alsa", "-o", filepath.Join(dir, name), from).CombinedOutput()
		if err != nil {
			b.Fatalf("build %s: %v: %s", name, err, out)
		}
	}
	return dir
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

// notices are MP3 files as they travel: an hour of them, no two the same.
func notices(b *testing.B) []string {
	dir := b.TempDir()
	wav := filepath.Join(dir, "notice.wav")
	f, err := os.Create(wav)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := audio.WriteWAV(f, audio.Melody(loopSeconds)); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	var list []string
	for i := range loopNotices {
		mp3 := filepath.Join(dir, fmt.Sprintf("%d.mp3", i))
		if i == 0 {
			lame := exec.CommandContext(b.Context(), "lame", "--quiet", "-m", "m", "-b", "64", "--resample", "48", wav, mp3)
			if out, err := lame.CombinedOutput(); err != nil {
				b.Fatalf("make an MP3 with lame (Debian: apt-get install lame): %v: %s", err, out)
			}
		} else if err := os.WriteFile(mp3, titled(b, list[0], i), 0o600); err != nil {
			b.Fatal(err)
		}
		list = append(list, mp3)
	}
	return list
}

// titled is the MP3 file with an ID3v2.4 tag that names it notice n: the same
// sound, but another file to everybody.
func titled(b *testing.B, mp3 string, n int) []byte {
	sound, err := os.ReadFile(mp3)
	if err != nil {
		b.Fatal(err)
	}
	title := fmt.Sprintf("\x03notice %3d", n)
	frame := "TIT2\x00\x00\x00" + string(byte(len(title))) + "\x00\x00" + title
	return append([]byte("ID3\x04\x00\x00\x00\x00\x00"+string(byte(len(frame)))+frame), sound...)
}

// looping is a centre with one unit that loops the files, and its settings file.
type looping struct {
	centre   *app.App
	settings string
}

// wait waits until the agent has said that all files are there.
func (l *looping) wait(b *testing.B, agent *process) {
	b.Helper()
	for end := time.Now().Add(loopPatience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		u, err := l.centre.Store().Unit(b.Context(), "u1")
		if err != nil {
			b.Fatal(err)
		}
		if u.Presence.Online && u.Presence.Have != nil && u.Presence.Have.Assets == loopNotices && u.Presence.Have.Ready == loopNotices && len(u.Pending) == 0 {
			return
		}
	}
	b.Fatalf("the agent has not fetched everything in %v\n%s", loopPatience, agent.log.String())
}

func loopCentre(b *testing.B, files []string) *looping {
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
	must(os.WriteFile(settings, []byte(text+"fetch: 400000\n"), 0o600)) // how it plays is measured, not its patience
	return &looping{centre, settings}
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

// cpu is the processor time that the process has used.
func (p *process) cpu() time.Duration { return cpuOf(p.b, p.cmd.Process.Pid) }

// cpuOf is the processor time of a process, of all its threads, as its processor
// clock says (clock_getcpuclockid(3)).
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	var t syscall.Timespec
	clock := ^pid<<3 | 2 // CPUCLOCK_SCHED
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		b.Fatalf("read processor time of process %d: %v", pid, errno)
	}
	return time.Duration(t.Nano())
}

// peak is the most memory that the process has held, in MB.
func (p *process) peak() float64 { return p.proc("status", "VmHWM:") * 1024 / 1e6 }

// written is how many bytes the process has written, to files and connections.
func (p *process) written() float64 { return p.proc("io", "wchar:") }

// proc is a number of a file in the process's folder under /proc.
func (p *process) proc(file, key string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		p.b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), key)
	n, err := strconv.ParseFloat(strings.Fields(rest + " none")[0], 64)
	if err != nil {
		p.b.Fatalf("read %s of %s: %v", key, p.cmd.Path, err)
	}
	return n
}
