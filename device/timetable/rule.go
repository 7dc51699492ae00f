package timetable

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/villagecast/villagecast/device/wire"
)

// Limits of a rule.
const (
	MaxRounds = 1000  // of a chain
	MaxPause  = 86400 // seconds between rounds
)

// RuleError is one fault of a rule: which field, what stands there, what is
// wrong with it and what would be right.
type RuleError struct {
	Field           string // the field's JSON name, such as "window" or "cron"
	Value           string
	Message, Remedy [2]string // in English and Chinese, as Reasons are
}

// Error names field, value, fault and remedy.
func (e *RuleError) Error() string {
	return fmt.Sprintf("rule.%s %q: %s; %s", e.Field, e.Value, e.Message[0], e.Remedy[0])
}

// rule is a wire.Rule ready for use.
type rule struct {
	kind     wire.RuleKind
	from, to int64   // the window, in seconds from its day's midnight
	every    int64   // seconds
	times    []int64 // of day, as given or from cron
	once     int64
	rounds   int64
	pause    int64 // seconds
	cron     *cron.SpecSchedule
	days     [7]bool // Sunday first
	since    int64   // validity, civil
	until    int64
	skip     map[int64]bool
	on, off  map[int64]bool // nil: no such calendars
	src      wire.Rule
}

// ValidateRule checks a rule by itself. The error is a *RuleError. Whether the
// calendars that it names exist is checked by ValidateCalendars.
func ValidateRule(r wire.Rule) error {
	_, err := parseRule(r)
	return err
}

// ValidateCalendars checks that every calendar that the rule names is known.
// The error is a *RuleError.
func ValidateCalendars(r wire.Rule, known map[string][]wire.Date) error {
	for _, list := range []struct {
		field string
		names []string
	}{{"on", r.On}, {"off", r.Off}} {
		for _, name := range list.names {
			dates, ok := known[name]
			if !ok {
				return &RuleError{list.field, name, [2]string{"there is no calendar of this name", "没有这个名字的日历"}, [2]string{"make the calendar first or leave its name out", "先建这个日历，或不写它"}}
			}
			for _, d := range dates {
				if _, ok := parseDate(d); !ok {
					return &RuleError{list.field, string(d), [2]string{"calendar " + name + " has a date that does not exist", "日历 " + name + " 里有不存在的日期"}, [2]string{"write dates as 2026-11-24", "日期写成 2026-11-24"}}
				}
			}
		}
	}
	return nil
}

func parseRule(src wire.Rule) (*rule, error) {
	r := &rule{kind: src.Kind, src: src, since: math.MinInt64 / 4, until: math.MaxInt64 / 4}
	for _, step := range []func(*rule) error{(*rule).parseForeign, (*rule).parseWhen, (*rule).parseChain, (*rule).parseCron, (*rule).parseDays, (*rule).parseValidity} {
		if err := step(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseForeign refuses fields that do not belong to the kind.
func (r *rule) parseForeign() error {
	s, k := r.src, r.kind
	if k != wire.RuleLoop && k != wire.RuleEvery && k != wire.RuleAt && k != wire.RuleOnce {
		return &RuleError{"kind", string(k), [2]string{"there is no such kind of rule", "没有这种规则"}, [2]string{"use loop, every, at or once", "用 loop、every、at 或 once"}}
	}
	windowed := k == wire.RuleLoop || k == wire.RuleEvery
	for _, f := range []struct {
		field     string
		value     any
		set, fits bool
	}{
		{"window", s.Window, s.Window != nil, windowed},
		{"every", s.Every, s.Every != 0, k == wire.RuleEvery},
		{"times", s.Times, len(s.Times) > 0, k == wire.RuleAt},
		{"once", s.Once, s.Once != "", k == wire.RuleOnce},
		{"rounds", s.Rounds, s.Rounds != 0, !windowed},
		{"pause", s.Pause, s.Pause != 0, k != wire.RuleEvery},
		{"cron", s.Cron, s.Cron != "", k != wire.RuleOnce},
	} {
		if f.set && !f.fits {
			return &RuleError{f.field, fmt.Sprint(f.value), [2]string{"does not belong to a rule of kind " + string(k), "不属于 " + string(k) + " 规则"}, [2]string{"leave it out or choose another kind", "去掉它，或换一种规则"}}
		}
	}
	return nil
}

func (r *rule) parseWhen() error {
	s := r.src
	switch r.kind {
	case wire.RuleLoop, wire.RuleEvery:
		if s.Window == nil {
			return &RuleError{"window", "", [2]string{"the window is missing", "没有写时段"}, [2]string{`give one such as {"from":"07:00","to":"21:00"}`, `写一个，如 {"from":"07:00","to":"21:00"}`}}
		}
		from, to, err := parseWindow(*s.Window)
		if err != nil {
			what := [2]string{"the window is empty", "时段是空的"}
			if err.Error() != "empty" {
				what = [2]string{"not a window of two times of day", "不是由两个时刻组成的时段"}
			}
			return &RuleError{"window", string(s.Window.From) + "–" + string(s.Window.To), what, [2]string{"write two different times such as 07:00 and 21:00; 00:00 to 24:00 is the whole day", "写两个不同的时刻，如 07:00 和 21:00；00:00 到 24:00 是全天"}}
		}
		r.from, r.to = from, to
		if r.kind == wire.RuleEvery {
			if s.Every < 1 || s.Every > 1440 {
				return &RuleError{"every", strconv.Itoa(s.Every), [2]string{"not a number of minutes from 1 to 1440", "不是 1 到 1440 的分钟数"}, [2]string{"write for example 30", "例如写 30"}}
			}
			r.every = int64(s.Every) * 60
		}
	case wire.RuleAt:
		if (len(s.Times) == 0) == (s.Cron == "") {
			return &RuleError{"times", fmt.Sprint(s.Times), [2]string{"an at rule needs either times or a cron expression", "定时规则要写时刻或 cron 表达式"}, [2]string{"give one of the two", "两个里写一个"}}
		}
		for _, c := range s.Times {
			sec, ok := parseClock(c, false)
			if !ok {
				return &RuleError{"times", string(c), [2]string{"not a time of day", "不是一天里的时刻"}, [2]string{"write it as 07:00 or 07:00:30", "写成 07:00 或 07:00:30"}}
			}
			r.times = append(r.times, sec)
		}
		slices.Sort(r.times)
		r.times = slices.Compact(r.times)
	case wire.RuleOnce:
		at, ok := parseDateTime(s.Once)
		if !ok {
			return &RuleError{"once", string(s.Once), [2]string{"not a date and time", "不是日期和时刻"}, [2]string{"write it as 2026-11-24T07:00:00", "写成 2026-11-24T07:00:00"}}
		}
		r.once = at
	}
	return nil
}

func (r *rule) parseChain() error {
	if r.src.Rounds < 0 || r.src.Rounds > MaxRounds {
		return &RuleError{"rounds", strconv.Itoa(r.src.Rounds), [2]string{"not a number of rounds from 1 to " + strconv.Itoa(MaxRounds), "不是 1 到 " + strconv.Itoa(MaxRounds) + " 的遍数"}, [2]string{"write for example 2", "例如写 2"}}
	}
	if r.src.Pause < 0 || r.src.Pause > MaxPause {
		return &RuleError{"pause", strconv.Itoa(r.src.Pause), [2]string{"not a number of seconds from 0 to " + strconv.Itoa(MaxPause), "不是 0 到 " + strconv.Itoa(MaxPause) + " 的秒数"}, [2]string{"write for example 30", "例如写 30"}}
	}
	r.rounds, r.pause = int64(max(r.src.Rounds, 1)), int64(r.src.Pause)
	if r.kind == wire.RuleLoop {
		r.rounds = 0
	}
	return nil
}

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func (r *rule) parseCron() error {
	expr := strings.TrimSpace(r.src.Cron)
	if r.src.Cron == "" {
		return nil
	}
	bad := func(what, remedy [2]string) error { return &RuleError{"cron", r.src.Cron, what, remedy} }
	if strings.Contains(expr, "=") {
		return bad([2]string{"a time zone cannot be set in a rule", "规则里不能设时区"}, [2]string{"leave the prefix out: rules are read in the county's zone", "去掉这个前缀：规则按全县的时区"})
	}
	if len(expr) > 256 {
		return bad([2]string{"longer than 256 characters", "超过 256 个字符"}, [2]string{"use several programmes", "分成几个播发任务"})
	}
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return bad([2]string{"not five fields", "不是五个字段"}, [2]string{"write minute hour day month weekday, such as 0 7 * * 1-5", "写 分 时 日 月 周，如 0 7 * * 1-5"})
	}
	sched, err := cronParser.Parse(expr)
	if err != nil {
		return bad([2]string{"not a cron expression: " + err.Error(), "不是 cron 表达式：" + err.Error()}, [2]string{"write minute hour day month weekday, such as 0 7 * * 1-5", "写 分 时 日 月 周，如 0 7 * * 1-5"})
	}
	spec, ok := sched.(*cron.SpecSchedule)
	if !ok {
		return bad([2]string{"not a cron expression of five fields", "不是五个字段的 cron 表达式"}, [2]string{"write minute hour day month weekday", "写 分 时 日 月 周"})
	}
	spec.Location = time.UTC
	if r.kind != wire.RuleAt && (fields[0] != "*" || fields[1] != "*") {
		return bad([2]string{"for this kind of rule minute and hour must be *", "这种规则的分和时必须是 *"}, [2]string{"write * * and then the days, such as * * * * 1-5; the window says the hours", "先写 * *，再写哪些天，如 * * * * 1-5；几点由时段决定"})
	}
	// 2024 is a leap year, so that 29 February is found.
	if spec.Next(time.Date(2023, 12, 31, 23, 59, 59, 0, time.UTC)).IsZero() {
		return bad([2]string{"no day ever matches it", "没有哪一天符合"}, [2]string{"choose a day that the month has", "写这个月有的日子"})
	}
	if len(r.src.On) > 0 {
		spec.Dow = 1<<63 | 0x7f // a calendar decides, whatever the weekday
	}
	r.cron = spec
	if r.kind == wire.RuleAt {
		r.times = cronTimes(spec)
	}
	return nil
}

// cronTimes are the times of day of a cron expression, in seconds.
func cronTimes(spec *cron.SpecSchedule) (list []int64) {
	for h := range int64(24) {
		for m := int64(0); m < 60 && spec.Hour>>h&1 == 1; m++ {
			if spec.Minute>>m&1 == 1 {
				list = append(list, h*3600+m*60)
			}
		}
	}
	return list
}

func (r *rule) parseDays() error {
	for i := range r.days {
		r.days[i] = len(r.src.Days) == 0
	}
	if len(r.src.Days) > 0 && r.src.Cron != "" && r.kind == wire.RuleAt {
		return &RuleError{"days", fmt.Sprint(r.src.Days), [2]string{"the cron expression says the days already", "cron 表达式里已写了哪些天"}, [2]string{"leave out one of the two", "两个里去掉一个"}}
	}
	for _, d := range r.src.Days {
		if d < 1 || d > 7 {
			return &RuleError{"days", strconv.Itoa(d), [2]string{"not a day of the week", "不是星期几"}, [2]string{"write 1 for Monday to 7 for Sunday", "星期一写 1，星期日写 7"}}
		}
		r.days[d%7] = true
	}
	r.skip = map[int64]bool{}
	for _, d := range r.src.Skip {
		day, ok := parseDate(d)
		if !ok {
			return &RuleError{"skip", string(d), [2]string{"not a date", "不是日期"}, [2]string{"write it as 2026-11-24", "写成 2026-11-24"}}
		}
		r.skip[day] = true
	}
	return nil
}

func (r *rule) parseValidity() error {
	for _, f := range []struct {
		field string
		value wire.DateTime
		to    *int64
	}{{"from", r.src.From, &r.since}, {"until", r.src.Until, &r.until}} {
		if f.value == "" {
			continue
		}
		at, ok := parseDateTime(f.value)
		if !ok {
			return &RuleError{f.field, string(f.value), [2]string{"not a date and time", "不是日期和时刻"}, [2]string{"write it as 2026-11-24T07:00:00", "写成 2026-11-24T07:00:00"}}
		}
		*f.to = at
	}
	if r.until <= r.since {
		return &RuleError{"until", string(r.src.Until), [2]string{"the validity ends before it begins", "有效期的结束早于开始"}, [2]string{"choose an end after " + string(r.src.From), "结束要晚于 " + string(r.src.From)}}
	}
	if r.kind == wire.RuleOnce && (r.once < r.since || r.once >= r.until) {
		return &RuleError{"once", string(r.src.Once), [2]string{"lies outside the validity", "不在有效期内"}, [2]string{"move it, or change from and until", "改时间，或改有效期的起止"}}
	}
	return nil
}

// bind puts the dates of the calendars in.
func (r *rule) bind(known map[string][]wire.Date) error {
	if err := ValidateCalendars(r.src, known); err != nil {
		return err
	}
	load := func(names []string) map[int64]bool {
		if len(names) == 0 {
			return nil
		}
		days := map[int64]bool{}
		for _, name := range names {
			for _, d := range known[name] {
				day, _ := parseDate(d)
				days[day] = true
			}
		}
		return days
	}
	r.on, r.off = load(r.src.On), load(r.src.Off)
	return nil
}
