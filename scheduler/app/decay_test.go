package app_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/agent/agenttest"
	"github.com/villagecast/villagecast/device/faultnet"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/broker/brokertest"
	"github.com/villagecast/villagecast/scheduler/client"
)

// weight is what a process holds.
type weight struct{ heap, goroutines, files int }

// weigh looks at this process, in a bubble when everything in it has come to rest:
// at a full hour much is under way.
func weigh(t *testing.T) weight {
	t.Helper()
	synctest.Wait()
	var m runtime.MemStats
	runtime.GC() // twice: what finalizers and pools let go is gone after the second
	runtime.GC()
	runtime.ReadMemStats(&m)
	return weight{int(m.HeapAlloc), runtime.NumGoroutine(), len(openFiles(t, "self"))}
}

// openFiles are the descriptors of a process.
func openFiles(t *testing.T, pid string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// poolFiles are those of the database's connections, which are opened as they are
// needed at once, and kept: four, with three files each.
const poolFiles = 4 * 3

// newsADay is what the words of a day's events weigh, of which the centre keeps the
// newest 10,000: in a week nothing to speak of, but full only after a hundred days.
const newsADay = 16 << 10

// TestNothingGrowsInAWeek (decay) lets an agent and the centre live for seven
// days, with a release, a warning, a withdrawal, a cut and a power cut every day,
// and weighs them at the same time of each: after the first hour memory stays
// within a tenth, goroutines and open files as many as they were. It weighs the
// process in which both live, with their cards and the database on real disks.
func TestNothingGrowsInAWeek(t *testing.T) {
	t.Setenv("PATH", "") // no converter
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this counts open files in /proc, which is not here")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // weighing collects everything anyway
	days := 7
	if faultnet.Soak() {
		days = 60
	}
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		line := faultnet.New(func(ctx context.Context) (net.Conn, error) { return c.reach(ctx, mqttAddress) })
		defer line.Close()
		dir := t.TempDir()
		s := c.placeOn(client.UnitSpec{ID: "horn", Area: "liushu", Outputs: []wire.Output{wire.OutputSound}}, func(o *agent.Options) {
			o.Disk, o.Dial = spool.OS(dir), line.Dial
		})
		sound := upload(t, op, tone(t, t.TempDir(), "song", 440, 50), "song")
		playlist(t, op, "day", [2]string{sound.ID, ""})
		release(t, op, client.ProgrammeSpec{ID: "day", Playlist: "day", Targets: client.Targets{Areas: []string{"county"}},
			Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}, Pause: 250, Until: "2027-11-24T00:00:00"}})
		aDayOfWork := func(day int) {
			id := fmt.Sprint("day-", day)
			release(t, op, client.ProgrammeSpec{ID: id, Playlist: "day", Targets: client.Targets{Areas: []string{"liushu"}},
				Rule: wire.Rule{Kind: wire.RuleEvery, Every: 15, Window: &wire.Window{From: "09:00", To: "12:00"}, Until: "2027-11-24T00:00:00"}})
			time.Sleep(time.Hour)
			if _, err := op.Warn(t.Context(), client.WarningSpec{Area: "county", Level: wire.LevelRed, Title: "flood", Text: "洪水", Audio: sound.ID, Repeat: 2, Until: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			line.Refuse(errors.New("no network"))
			line.Cut()
			time.Sleep(time.Hour)
			line.Refuse(nil)
			time.Sleep(time.Hour)
			if _, err := op.Withdraw(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			s.off(t)
			time.Sleep(time.Minute)
			c.switchOn(s)
		}
		aDayOfWork(0)
		agenttest.SleepUntil(dawn.Add(5 * time.Hour)) // 13:00
		first := weigh(t)
		t.Logf("after the first hours: %d KiB, %d goroutines, %d files", first.heap>>10, first.goroutines, first.files)
		for day := 1; day <= days; day++ {
			agenttest.SleepUntil(dawn.AddDate(0, 0, day))
			aDayOfWork(day)
			agenttest.SleepUntil(dawn.AddDate(0, 0, day).Add(5 * time.Hour))
			now := weigh(t)
			if now.heap > first.heap*11/10+max(0, day-7)*newsADay || now.goroutines > first.goroutines || now.files > first.files+poolFiles {
				t.Errorf("after day %d: %d KiB, %d goroutines, %d files", day, now.heap>>10, now.goroutines, now.files)
			} else if day == days {
				t.Logf("after %d days: %d KiB, %d goroutines, %d files", day, now.heap>>10, now.goroutines, now.files)
			}
		}
		if n := len(c.asruns("horn")); n < days*50 {
			t.Errorf("%d entries are proved: it did not play", n)
		}
	})
}

// TestNothingGrowsInAnHour weighs the real programs each minute: in its long form
// (VILLAGECAST_SOAK=1) for an hour of real time, else for moments, to hold the
// scales.
func TestNothingGrowsInAnHour(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil || testing.Short() {
		t.Skip("this weighs real processes in /proc, in real time")
	}
	warm, times, each := time.Duration(0), 6, time.Second
	if faultnet.Soak() {
		warm, times, each = 10*time.Minute, 60, time.Minute
	}
	dir := t.TempDir()
	bin := buildPrograms(t)
	centre := &office{t: t, program: filepath.Join(bin, "villagecast"), dir: dir, http: brokertest.FreeAddress(t), mqtt: brokertest.FreeAddress(t)}
	centre.start()
	defer centre.kill()
	unit := &process{t: t, program: filepath.Join(bin, "villagecast-agent"), dir: dir, unit: "horn", page: brokertest.FreeAddress(t)}
	defer unit.tellWhy()
	var op *client.Client
	inTime(t, time.Minute, "the centre answers", func() bool {
		token, err := os.ReadFile(filepath.Join(dir, "centre", "token"))
		op = &client.Client{Base: "http://" + centre.http, Token: strings.TrimSpace(string(token)), Language: "en"}
		if err == nil {
			_, err = op.PutCounty(t.Context(), client.County{Name: "county", Zone: "Asia/Shanghai"})
		}
		return err == nil
	})
	if _, err := op.PutArea(t.Context(), client.Area{ID: "county", Name: "county"}); err != nil {
		t.Fatal(err)
	}
	added, err := op.AddUnit(t.Context(), client.UnitSpec{ID: "horn", Area: "county", Outputs: []wire.Output{wire.OutputSound}})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "horn.yaml"), []byte(added.Settings), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	playlist(t, op, "list", [2]string{upload(t, op, tone(t, dir, "tone", 440, 2), "tone").ID, ""})
	release(t, op, client.ProgrammeSpec{ID: "loop", Playlist: "list", Targets: client.Targets{Areas: []string{"county"}},
		Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "00:00", To: "24:00"}, Pause: 1, Until: wire.DateTime(time.Now().AddDate(0, 0, 7).Format("2006-01-02T00:00:00"))}})
	unit.start()
	defer unit.kill()
	inTime(t, 60*time.Second, "the unit plays", func() bool {
		u, err := op.Unit(t.Context(), "horn")
		return err == nil && u.Presence.Shows == "on-air"
	})
	// What opens with the first rounds, the segments of its records above all, is open by now.
	detail := filepath.Join(dir, "horn", "detail")
	begun := sizeOf(t, detail)
	inTime(t, 60*time.Second, "the unit goes on writing down what it plays", func() bool {
		now := sizeOf(t, detail)
		if begun == 0 {
			begun = now
		}
		return now > begun
	})
	time.Sleep(warm)
	programs := map[string]int{"agent": unit.cmd.Process.Pid, "centre": centre.cmd.Process.Pid}
	weighed := map[string][]burden{}
	for range times {
		time.Sleep(each)
		for name, pid := range programs {
			b := burdenOf(t, pid)
			t.Logf("%s: %d KiB, %d threads, %d files", name, b.rss, b.threads, b.files)
			weighed[name] = append(weighed[name], b)
		}
	}
	for name, list := range weighed {
		was, now := least(list[:3]), least(list[len(list)-3:])
		if now.rss > was.rss*11/10+4096 || now.files > was.files+3 || now.threads > was.threads+8 {
			t.Errorf("the %s grows: from %+v to %+v", name, was, now)
		}
	}
}

// least is the least of each: what has grown stays, while looking a day ahead or
// preparing a sound takes memory and files for a moment.
func least(list []burden) burden {
	l := list[0]
	for _, b := range list[1:] {
		l = burden{min(l.rss, b.rss), min(l.threads, b.threads), min(l.files, b.files)}
	}
	return l
}

// sizeOf is what the files of a directory hold, in bytes; nothing while it is not there.
func sizeOf(t *testing.T, dir string) (sum int64) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range list {
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// burden is what the kernel says of a process; rss in KiB.
type burden struct{ rss, threads, files int }

func burdenOf(t *testing.T, pid int) (b burden) {
	t.Helper()
	id := strconv.Itoa(pid)
	text, err := os.ReadFile("/proc/" + id + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			b.rss = n
		case "Threads":
			b.threads = n
		}
	}
	b.files = len(openFiles(t, id))
	return b
}
