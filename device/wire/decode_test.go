package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDecodeRefuses(t *testing.T) {
	const will = `"unit":"u1","session":1`
	cases := []struct {
		name, text string
		strict     error // nil: taken
		lenient    error
		says       string
	}{
		{"plain", `{` + will + `}`, nil, nil, ""},
		{"unknown field", `{` + will + `,"moon":1}`, ErrMalformed, nil, "moon"},
		{"field twice", `{` + will + `,"unit":"u2"}`, ErrMalformed, ErrMalformed, `"unit" is named twice`},
		{"field twice in other case", `{` + will + `,"UNIT":"u2"}`, ErrMalformed, ErrMalformed, `"UNIT" is named twice`},
		{"field twice by a kelvin sign", `{` + will + `,"x":{"k":1,"\u212a":2}}`, ErrMalformed, ErrMalformed, "named twice"},
		{"something after", `{` + will + `}{}`, ErrMalformed, ErrMalformed, "follows"},
		{"a brace after", `{` + will + `}}`, ErrMalformed, ErrMalformed, ""},
		{"cut short", `{` + will, ErrMalformed, ErrMalformed, "EOF"},
		{"nothing", ``, ErrMalformed, ErrMalformed, "EOF"},
		{"null", `null`, ErrMalformed, ErrMalformed, "not a JSON object"},
		{"a list", `[{` + will + `}]`, ErrMalformed, ErrMalformed, "not a JSON object"},
		{"no UTF-8", "{" + will + ",\"why\":\"\xff\"}", ErrMalformed, ErrMalformed, "UTF-8"},
		{"control characters", `{` + will + `,"why":"\u0007"}`, ErrMalformed, ErrMalformed, "why is"},
		{"wrong type", `{"unit":5,"session":1}`, ErrMalformed, ErrMalformed, "unit"},
		{"out of range", `{"unit":"u1","session":0}`, ErrMalformed, ErrMalformed, "session is 0: sessions count from 1"},
		{"deep", `{` + will + `,"x":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`, ErrMalformed, ErrMalformed, "deeper"},
		{"huge", `{` + will + `,"x":"` + strings.Repeat("y", MaxMessage) + `"}`, ErrTooBig, ErrTooBig, "262144"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, strict := Decode[Will]([]byte(c.text))
			_, lenient := DecodeLenient[Will]([]byte(c.text))
			if !errors.Is(strict, c.strict) || !errors.Is(lenient, c.lenient) {
				t.Errorf("strict %v, want %v; lenient %v, want %v", strict, c.strict, lenient, c.lenient)
			}
			if strict != nil && !strings.Contains(strict.Error(), c.says) {
				t.Errorf("%q does not say %q", strict, c.says)
			}
		})
	}
}

// A fault anywhere is named by its path, with the value and a remedy.
func TestValidateNamesTheField(t *testing.T) {
	cases := []struct {
		sample string
		change func(p any)
		field  string
	}{
		{"bulletin", func(p any) { p.(*Bulletin).Address = "area/Ü" }, "address"},
		{"bulletin", func(p any) { p.(*Bulletin).Revision = 0 }, "revision"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Zone = "../etc" }, "county.zone"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Zone = "Local" }, "county.zone"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Quiet[0].To = "21:30" }, "county.quiet[0].to"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Quiet[0].From = "24:00" }, "county.quiet[0].from"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Caps[0].Volume = 101 }, "county.caps[0].volume"},
		{"bulletin", func(p any) { p.(*Bulletin).County.Loud[0] = LevelTimed }, "county.loud[0]"},
		{"bulletin", func(p any) { p.(*Bulletin).Calendars["holidays"][0] = "2026-02-30" }, "calendars.holidays[0]"},
		{"bulletin", func(p any) { delete(p.(*Bulletin).Calendars, "holidays") }, "programmes[0].rule"},
		{"bulletin", func(p any) { b := p.(*Bulletin); b.Programmes[1] = b.Programmes[0] }, "programmes[1].version"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Level = LevelRed }, "programmes[0].level"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Items = nil }, "programmes[0].items"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Items[0].Sound.Frames = 1 }, "programmes[0].items"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Items[0].Sound.Hash = "AB" }, "programmes[0].items[0].sound.hash"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Items[0].Text.Body = "" }, "programmes[0].items[0].text.body"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].OnCut = "" }, "programmes[0].onCut"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Rule.Window = nil }, "programmes[0].rule.window"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Rule.Cron = "5 7 * * *" }, "programmes[0].rule.cron"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Rule.Cron = "TZ=UTC * * * * *" }, "programmes[0].rule.cron"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Rule.Until = "2026-11-01T00:00:00" }, "programmes[0].rule.until"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[0].Rule.Days = []int{7, 7} }, "programmes[0].rule.days[1]"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[1].Rule.Every = 0 }, "programmes[1].rule.every"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[2].Rule.Times[1] = "24:00" }, "programmes[2].rule.times[1]"},
		{"bulletin", func(p any) { p.(*Bulletin).Programmes[3].Rule.Once = "soon" }, "programmes[3].rule.once"},
		{"settings", func(p any) { p.(*Bulletin).Settings.Unit = "u2" }, "settings.unit"},
		{"settings", func(p any) { p.(*Bulletin).Settings.Chain = nil }, "settings.chain"},
		{"settings", func(p any) { s := p.(*Bulletin).Settings; s.Addresses[1] = s.Addresses[0] }, "settings.addresses[1].address"},
		{"orders", func(p any) { p.(*Orders).Interrupts[0].Level = LevelLive }, "interrupts[0].level"},
		{"orders", func(p any) { p.(*Orders).Interrupts[0].Until = 5 }, "interrupts[0].until"},
		{"orders", func(p any) { o := p.(*Orders); o.Interrupts = append(o.Interrupts, o.Interrupts[0]) }, "interrupts[1].id"},
		{"orders", func(p any) { p.(*Orders).Mutes[0].Until = 5 }, "mutes[0].until"},
		{"keyring", func(p any) { p.(*KeyRing).Keys[0].ID = RootKey }, "keys[0].id"},
		{"keyring", func(p any) { p.(*KeyRing).Removed[0].ID = "k2" }, "removed[0].id"},
		{"report", func(p any) { p.(*Report).Entries = nil }, "entries"},
		{"report", func(p any) { p.(*Report).Entries[2].Seq = 2 }, "entries[2].seq"},
		{"report", func(p any) { p.(*Report).Entries[0].Off = &Off{} }, "entries[0].asrun, skip, event, off"},
		{"report", func(p any) { p.(*Report).Entries[0].AsRun.Interrupt = "w" }, "entries[0].asrun.programme"},
		{"report", func(p any) { p.(*Report).Entries[1].Skip.Rounds = 0 }, "entries[1].skip.rounds"},
		{"heartbeat", func(p any) { p.(*Heartbeat).OnAir[0].Output = "radio" }, "onAir[0].output"},
		{"have", func(p any) { p.(*Have).Ready = 3 }, "ready"},
		{"detail", func(p any) { p.(*Detail).Cues[1].Item = -1 }, "cues[1].item"},
	}
	for _, c := range cases {
		p := reflect.New(reflect.TypeOf(samples()[c.sample]))
		p.Elem().Set(reflect.ValueOf(samples()[c.sample]))
		c.change(p.Interface())
		err := p.Interface().(Payload).Validate()
		field, ok := errors.AsType[*FieldError](err)
		if !ok || field.Field != c.field || field.Remedy == "" || !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want a fault of %s", c.sample, err, c.field)
		}
	}
}

func TestMayIssue(t *testing.T) {
	s := Settings{Unit: "u1", Chain: []string{"county", "town", "village"}}
	for _, c := range []struct {
		issuer string
		to     Address
		may    bool
	}{
		{"county", "area/county", true}, {"county", "area/village", true}, {"town", "area/village", true}, {"village", "unit/u1", true},
		{"town", "area/county", false}, {"village", "area/town", false}, {"other", "area/village", false}, {"town", "area/other", false},
		{"county", "unit/u2", false}, {"", "unit/u1", false}, {"county", "keys", false},
	} {
		if s.MayIssue(c.issuer, c.to) != c.may {
			t.Errorf("%s to %s: %v", c.issuer, c.to, !c.may)
		}
	}
}

func TestCivil(t *testing.T) {
	for c, want := range map[Clock]int{"00:00": 0, "07:05": 25500, "23:59:59": 86399, "24:00": 86400, "24:00:00": 86400,
		"24:01": -1, "7:00": -1, "07:60": -1, "07-00": -1, "07:00:": -1, "07:00:60": -1, "": -1, "07:00x": -1, "+7:00": -1} {
		if got, err := c.Seconds(); err == nil && got != want || err != nil && want >= 0 {
			t.Errorf("%q: got %d, %v", c, got, err)
		}
	}
	for _, d := range []Date{"2026-02-29", "2026-2-01", "20260201", ""} {
		if got, err := d.Time(); err == nil {
			t.Errorf("%q was taken as %v", d, got)
		}
	}
	if got, err := DateTime("2028-02-29T07:00:30").Time(); err != nil || got.Unix() != 1835420430 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, d := range []DateTime{"2026-02-28T24:00:00", "2026-02-28T07:00", "2026-02-28 07:00:00", "2026-02-28T07:00:00Z", "2026-02-28T07:00:00.5"} {
		if got, err := d.Time(); err == nil {
			t.Errorf("%q was taken as %v", d, got)
		}
	}
}
