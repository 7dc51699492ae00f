// Command bench runs the benchmarks that stand for promised figures and makes
// docs/performance.md of what they report; see the script beside it.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bench is one benchmark, run alone.
type bench struct {
	name, room, time string
	// quick says that continuous integration runs it.
	quick bool
}

var benches = []bench{
	{"Start/idle", "./device/player", "1x", false},
	{"Start/loaded", "./device/player", "1x", false},
	{"Loop", "./cmd/villagecast-agent", "1x", false},
	{"NewContent", "./cmd/villagecast-agent", "1x", false},
	{"UnitWeek", "./device/timetable", "1s", true},
	{"CountyWeek", "./device/timetable", "3x", false},
	{"CountyTimetable", "./scheduler/store", "2x", false},
	{"Store", "./scheduler/store", "20x", true},
	{"CountyChange", "./scheduler/app", "1x", false},
	{"Stop", "./scheduler/app", "1x", false},
	{"DryRun", "./scheduler/store", "3x", false},
	{"Ingest", "./scheduler/app", "1x", true},
	{"Memory", "./scheduler/app", "1x", true},
}

// limit is a bound; its zero value is none.
type limit struct {
	value float64
	least bool // the figure is to be at least that, not at most
}

func (l limit) met(v float64) bool {
	return l == limit{} || l.least && v >= l.value || !l.least && v <= l.value
}

// figure is one row: a metric of a benchmark beside another of the same run.
type figure struct {
	title      string
	bench      string // as the benchmark's line says
	ours, peer string // metrics
	unit       string
	against    string // what the peer is
	target     string // in words
	// figure bounds ours and ratio ours by peer, as promised; wide bounds the
	// ratio on any machine in any mood.
	figure, ratio, wide limit
}

func atMost(v float64) limit  { return limit{value: v} }
func atLeast(v float64) limit { return limit{v, true} }

var figures = []figure{
	{title: "start error on a captured card, P50, idle", bench: "Start/idle", ours: "p50-ms", peer: "oto-p50-ms", unit: "ms", against: "oto alone, about its median"},
	{title: "start error on a captured card, P99, idle", bench: "Start/idle", ours: "p99-ms", peer: "oto-p99-ms", unit: "ms", against: "oto alone, about its median", target: "≤ 2 ms", figure: atMost(2)},
	{title: "the same, P50, all cores busy", bench: "Start/loaded", ours: "p50-ms", peer: "oto-p50-ms", unit: "ms", against: "oto alone, about its median"},
	{title: "the same, P99, all cores busy", bench: "Start/loaded", ours: "p99-ms", peer: "oto-p99-ms", unit: "ms", against: "oto alone, about its median", target: "≤ 20 ms", figure: atMost(20)},
	{title: "agent looping an hour of notices, processor time per hour", bench: "Loop", ours: "cpu-s/h", peer: "oto-cpu-s/h", unit: "s", against: "oto alone, idle, same period", target: "≤ 1.5 ×", ratio: atMost(1.5)},
	{title: "the same beside mpg123", bench: "Loop", ours: "cpu-s/h", peer: "mpg123-cpu-s/h", unit: "s", against: "mpg123 looping the same files"},
	{title: "the same, most memory held", bench: "Loop", ours: "peak-MB", peer: "mpg123-peak-MB", unit: "MB", against: "mpg123", target: "≤ 32 MB", figure: atMost(32)},
	{title: "an hour of new content, processor time besides playing", bench: "NewContent", ours: "cpu-s/h", peer: "bare-cpu-s/h", unit: "s", against: "the bytes hashed and written once"},
	{title: "an hour of new content, bytes written", bench: "NewContent", ours: "written-MB/h", peer: "content-MB/h", unit: "MB", against: "the content itself"},
	{title: "the same, to prepare it: processor time, with what plays meanwhile", bench: "NewContent", ours: "prepare-cpu-s/h", peer: "bare-cpu-s/h", unit: "s", against: "the bytes hashed and written once"},
	{title: "the same, to prepare it: bytes written", bench: "NewContent", ours: "prepare-written-MB/h", peer: "content-MB/h", unit: "MB", against: "the content itself"},
	{title: "a unit's week, 50 programmes, processor time", bench: "UnitWeek", ours: "cpu-ms", peer: "bare-cpu-ms", unit: "ms", against: "its instants listed and sorted", target: "≤ 5 ms", figure: atMost(5), wide: atMost(60)},
	{title: "a county's week, 400 sets of bulletins, processor time", bench: "CountyWeek", ours: "cpu-ms", peer: "bare-cpu-ms", unit: "ms", against: "its instants listed and sorted", target: "≤ 2,000 ms", figure: atMost(2000)},
	{title: "the same from the store: 10,000 units, 400 villages", bench: "CountyTimetable", ours: "ms", peer: "bare-ms", unit: "ms", against: "one plain query of all units", target: "≤ 2,000 ms", figure: atMost(2000)},
	{title: "`status` of 10,000 units", bench: "Store/status", ours: "ms", peer: "bare-ms", unit: "ms", against: "one plain query of all units", target: "≤ 200 ms", figure: atMost(200), wide: atMost(30)},
	{title: "a page of the list of 10,000 units", bench: "Store/list", ours: "ms", peer: "bare-ms", unit: "ms", against: "one plain query of all units", target: "≤ 200 ms", figure: atMost(200), wide: atMost(30)},
	{title: "release to 10,000 units", bench: "Store/release", ours: "ms", peer: "bare-ms", unit: "ms", against: "one plain query of all units", target: "≤ 200 ms", figure: atMost(200), wide: atMost(30)},
	{title: "judging who of 10,000 units is offline", bench: "Store/sweep", ours: "ms", peer: "bare-ms", unit: "ms", against: "one plain query of all units", target: "≤ 200 ms", figure: atMost(200), wide: atMost(30)},
	{title: "change for 1,000 units until the last holds it, stored", bench: "CountyChange", ours: "ms", peer: "bare-ms", unit: "ms", against: "bare broker, same bytes, one bare answer each", target: "≤ 4 ×", ratio: atMost(4)},
	{title: "STOP for 1,000 units that sound, until 99 % are at their first silent frame", bench: "Stop", ours: "ms", peer: "bare-ms", unit: "ms", against: "bare broker, as many bytes, one bare answer each", target: "≤ 2,000 ms", figure: atMost(2000)},
	{title: "dry run of a release to 10,000 units, 400 villages", bench: "DryRun", ours: "ms", peer: "release-ms", unit: "ms", against: "the release itself", target: "≤ 1,000 ms", figure: atMost(1000)},
	{title: "reports from unit to store and back, one entry each", bench: "Ingest", ours: "reports/s", peer: "limit/s", unit: "/s", against: "the slower of bare delivery and bare inserts", target: "≥ ½", ratio: atLeast(0.5), wide: atLeast(0.15)},
	{title: "memory for each connected unit", bench: "Memory", ours: "KB/unit", peer: "bare-KB/unit", unit: "KB", against: "a bare client of the bare broker", wide: atMost(4)},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	what := ""
	if len(args) > 0 {
		what = args[0]
	}
	var names []string // of what is measured now
	for _, b := range benches {
		if what == "table" || what == "quick" && !b.quick || what != "quick" && !strings.Contains(b.name, what) {
			continue
		}
		if len(args) > 1 {
			b.time = args[1]
		}
		if err := b.measure(); err != nil {
			return err
		}
		names = append(names, b.name)
	}
	rows := tabulate()
	if what == "" || what == "table" {
		fmt.Print(table(rows))
		return os.WriteFile("docs/performance.md", document(rows), 0o644)
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return !slices.Contains(names, r.run.name) })
	fmt.Print(table(rows))
	for _, r := range rows {
		if what == "quick" && !r.wide.met(r.share()) {
			return fmt.Errorf("%s: %s times its peer is beyond all moods of a machine (limit %s)", r.title, number(r.share()), number(r.wide.value))
		}
		if what != "quick" && r.met() == "**no**" {
			return fmt.Errorf("%s: %s misses its target, %s", r.title, number(r.value(r.ours)), r.target)
		}
	}
	return nil
}

func tags() []string {
	if exec.Command("pkg-config", "--exists", "alsa").Run() == nil {
		return []string{"-tags", "alsa"}
	}
	return nil
}

func (b bench) args() []string {
	parts := strings.Split("Benchmark"+b.name, "/")
	for i, p := range parts {
		parts[i] = "^" + p + "$"
	}
	return append(append([]string{"test", b.room}, tags()...), "-run", "^$", "-bench", strings.Join(parts, "/"), "-benchtime", b.time, "-timeout", "2h")
}

func (b bench) file() string {
	return filepath.Join(".cache/bench", strings.ReplaceAll(b.name, "/", "-")+".txt")
}

// measure runs the benchmark, and keeps what it says under a line that tells how.
func (b bench) measure() error {
	fmt.Fprintf(os.Stderr, "   %s\n", b.name)
	load, _ := os.ReadFile("/proc/loadavg") // elsewhere it is not said
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\t%.4s\tgo %s\n", time.Now().Format("2006-01-02 15:04"), load, strings.Join(quoted(b.args()), " "))
	cmd := exec.Command("go", b.args()...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", b.name, err, out.Bytes())
	}
	return os.WriteFile(b.file(), out.Bytes(), 0o644)
}

func quoted(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if strings.ContainsAny(a, "^$") {
			args[i] = "'" + a + "'"
		}
	}
	return args
}

// result is what one run of a benchmark said.
type result struct {
	date, load, command string
	metrics             map[string]float64
}

// read takes the line of a benchmark from what was kept.
func (b bench) read(line string) (r result, ok bool) {
	text, err := os.ReadFile(b.file())
	if err != nil {
		return r, false
	}
	head, rest, _ := strings.Cut(string(text), "\n")
	if parts := strings.Split(strings.TrimPrefix(head, "# "), "\t"); len(parts) == 3 {
		r.date, r.load, r.command = parts[0], parts[1], parts[2]
	}
	for l := range strings.Lines(rest) {
		f := strings.Fields(l)
		if len(f) < 4 || strings.TrimSuffix(f[0], "-"+strconv.Itoa(runtime.NumCPU())) != "Benchmark"+line {
			continue
		}
		r.metrics = map[string]float64{}
		for i := 2; i+1 < len(f); i += 2 {
			if r.metrics[f[i+1]], err = strconv.ParseFloat(f[i], 64); err != nil {
				return r, false
			}
		}
	}
	if a, b := r.metrics["bare-deliveries/s"], r.metrics["bare-rows/s"]; a > 0 {
		r.metrics["limit/s"] = min(a, b)
	}
	return r, r.metrics != nil
}

type row struct {
	figure
	run bench
	result
}

func tabulate() []row {
	var rows []row
	for _, f := range figures {
		i := slices.IndexFunc(benches, func(b bench) bool { return f.bench == b.name || strings.HasPrefix(f.bench, b.name+"/") })
		r, _ := benches[i].read(f.bench) // without metrics it is "not measured"
		rows = append(rows, row{f, benches[i], r})
	}
	return rows
}

func (r row) value(metric string) float64 { return r.metrics[metric] }

func (r row) share() float64 { return r.value(r.ours) / r.value(r.peer) }

func (r row) met() string {
	switch {
	case r.target == "":
		return ""
	case r.metrics == nil:
		return "not measured"
	case r.figure.figure.met(r.value(r.ours)) && r.ratio.met(r.share()):
		return "yes"
	}
	return "**no**"
}

// number has three digits that count.
func number(v float64) string {
	switch {
	case v >= 100:
		s := strconv.FormatFloat(v, 'f', 0, 64)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| figure | ours | raw limit or peer | ratio | target | met |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		ours, peer, ratio := "not measured", r.against, ""
		if r.metrics != nil {
			ours, ratio = number(r.value(r.ours))+" "+r.unit, number(r.share())
			peer = fmt.Sprintf("%s %s: %s", number(r.value(r.peer)), r.unit, r.against)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.title, ours, peer, ratio, r.target, r.met())
	}
	return b.String()
}

func document(rows []row) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Performance

Written by `+"`make bench`"+`; not by hand. Each figure stands beside what cannot be beaten, or beside what others do, measured in
the same run: absolute times of a shared machine are worth little, ratios within a run hold. Processor time is what
all cores together have worked; a figure of the clock includes waiting for whoever else used the machine: where the load
before a run (below) is more than the number of cores, somebody did, and the clock's figures are too high.

Measured on: %s.

%s
Starts within 2 s after an underrun of the host are counted apart: see left-out and underruns below. oto alone starts when it
gets to it, so its errors are taken about their median. "Stored" means that another reader of the database sees it.

## Each run

`, machine(), table(rows))
	told := map[string]bool{}
	for _, r := range rows {
		if told[r.figure.bench] || r.metrics == nil {
			continue
		}
		told[r.figure.bench] = true
		fmt.Fprintf(&b, "- **%s**, %s, load before it %s: `%s`\n  ", r.figure.bench, r.date, r.load, r.command)
		var list []string
		for m, v := range r.metrics {
			if m != "ns/op" {
				list = append(list, number(v)+" "+m)
			}
		}
		slices.SortFunc(list, func(a, c string) int { return strings.Compare(a[strings.Index(a, " "):], c[strings.Index(c, " "):]) })
		fmt.Fprintf(&b, "%s\n", strings.Join(list, ", "))
	}
	return b.Bytes()
}

// machine is what the figures were measured on.
func machine() string {
	field := func(file, key string) string {
		text, _ := os.ReadFile(file) // elsewhere than on Linux it is not said
		_, rest, _ := strings.Cut(string(text), key)
		line, _, _ := strings.Cut(rest, "\n")
		return strings.Trim(line, " \t:")
	}
	memory, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64)
	return fmt.Sprintf("%s, %d cores, %.0f GB, %s %s, %s/%s, %s", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), memory/1e6,
		field("/proc/sys/kernel/ostype", ""), field("/proc/sys/kernel/osrelease", ""), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
