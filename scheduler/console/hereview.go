package console

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// hereView is what the page at the pole shows.
type hereView struct {
	Lang string
	ID   string
	Unit client.Unit
	Now  time.Time
	// Refused says why there is no more to show; status is the answer's then.
	Refused string
	status  int
	// Towns are the places that may be chosen; Area and Place what is chosen.
	Towns       []hereTown
	Area, Place string
	// Faults stand beside their fields.
	AreaFault, PlaceFault, ToneFault string
	// Done tells that the unit was just placed.
	Done bool
	// Command is the id of the test tone that was asked for, Tone what became of it.
	Command string
	Tone    *client.Command

	me    client.Me
	areas []client.Area
	zone  *time.Location
}

// hereTown is a group of villages to choose from.
type hereTown struct {
	Name     string
	Villages []client.Area
}

func (v *hereView) say(zh, en string) string { return scheduler.Words{ZH: zh, EN: en}.In(v.Lang) }

// Say is for the page.
func (v *hereView) Say(zh, en string) string { return v.say(zh, en) }

// Chinese is the language of the page, or English.
func (v *hereView) Chinese() bool { return v.Lang == "zh-CN" }

// Switch is the same page in another language.
func (v *hereView) Switch(lang string) string {
	query := url.Values{"lang": {lang}}
	if v.Command != "" {
		query.Set("command", v.Command)
	}
	return herePath(v.ID, query)
}

// Who is signed in.
func (v *hereView) Who() string {
	if v.me.Name != "" {
		return v.me.Name
	}
	return v.me.ID
}

// Placed tells whether the unit hangs somewhere.
func (v *hereView) Placed() bool { return v.Unit.State != string(scheduler.UnitUnplaced) }

// Where says in which village it hangs.
func (v *hereView) Where() string {
	if !v.Placed() {
		return ""
	}
	return strings.Join(v.chain(v.Unit.Area), " ")
}

// chain are the names of an area and those above it, without the county.
func (v *hereView) chain(area string) []string {
	for _, a := range v.areas {
		if a.ID == area && a.Parent != "" {
			return append(v.chain(a.Parent), a.Name)
		}
	}
	return nil
}

// choices are the villages in which who asks may put a unit.
func (v *hereView) choices() {
	all := make([]scheduler.Area, len(v.areas))
	for i, a := range v.areas {
		all[i] = scheduler.Area{ID: a.ID, Parent: a.Parent, Name: a.Name}
	}
	tree := scheduler.NewTree(all)
	who := scheduler.Actor{ID: v.me.ID}
	for _, g := range v.me.Grants {
		who.Grants = append(who.Grants, scheduler.Grant{Role: scheduler.Role(g.Role), Area: g.Area})
	}
	if v.Placed() && who.May(tree, scheduler.ActEnrol, v.Unit.Area) != nil {
		return // nobody moves what is not theirs
	}
	for _, a := range v.areas { // parents before children
		if len(tree.Children(a.ID)) > 0 || who.May(tree, scheduler.ActEnrol, a.ID) != nil {
			continue
		}
		town := strings.Join(v.chain(a.Parent), " ")
		i := slices.IndexFunc(v.Towns, func(t hereTown) bool { return t.Name == town })
		if i < 0 {
			i = len(v.Towns)
			v.Towns = append(v.Towns, hereTown{Name: town})
		}
		v.Towns[i].Villages = append(v.Towns[i].Villages, a)
	}
	switch {
	case v.Placed():
		v.Area = v.Unit.Area
	case len(v.Towns) == 1 && len(v.Towns[0].Villages) == 1:
		v.Area = v.Towns[0].Villages[0].ID
	}
}

// checkPlace looks at what was chosen, before the centre is asked.
func (v *hereView) checkPlace() bool {
	chosen := slices.ContainsFunc(v.Towns, func(t hereTown) bool {
		return slices.ContainsFunc(t.Villages, func(a client.Area) bool { return a.ID == v.Area })
	})
	if !chosen {
		v.AreaFault = v.say("请选它挂在哪个村。", "Choose the village in which it hangs.")
	}
	switch n := utf8.RuneCountInString(v.Place); {
	case n == 0:
		v.PlaceFault = v.say("写上挂在哪里，试音时会念出来，如“村口”。", "Say where it hangs, such as “village gate”: the test tone reads it out.")
	case n > 60:
		v.PlaceFault = v.say("太长了，最多 60 个字。", "Too long: 60 letters at most.")
	}
	return v.AreaFault == "" && v.PlaceFault == ""
}

// words says what the API answered, without its names for fields.
func (v *hereView) words(err error) string {
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return v.say("没有成功，请再试一次。", "That did not work. Try again.")
	case e.Status == 403:
		return v.say("这件事要维修员或县里来做。", "A repair crew or the county has to do this.")
	case len(e.Errors) == 0:
		return v.say("没有成功：", "That did not work: ") + err.Error()
	}
	return v.say("没有成功：", "That did not work: ") + e.Errors[0].Message + v.say("；", "; ") + e.Errors[0].Remedy
}

// Mark is the one mark of the unit's state.
func (v *hereView) Mark() string {
	p := v.Unit.Presence
	uncertain := slices.ContainsFunc(p.Conditions, func(c wire.Condition) bool { return c.Code == "clock-uncertain" })
	switch p.Shows {
	case "unplaced":
		if p.Online {
			return "idle"
		}
		return "planned"
	case "on-air", "idle", "silent":
		if uncertain {
			return "clock"
		}
	}
	return p.Shows
}

// State says the state in the words of a village.
func (v *hereView) State() string {
	p := v.Unit.Presence
	switch v.Mark() {
	case "on-air":
		if title := v.playing(); title != "" {
			return v.say("正在播《"+title+"》", "Playing “"+title+"”")
		}
		return v.say("正在播", "Playing")
	case "idle":
		if !v.Placed() {
			return v.say("在线，等着定位置", "Online, waiting for its place")
		}
		return v.say("在线，现在没有要播的", "Online, nothing to play now")
	case "silent":
		return v.say("在线，该响却没有响", "Online, but it should sound and does not")
	case "clock":
		return v.say("在线，时间不准，先不播", "Online, its time is not right, so it waits")
	case "offline":
		return v.say("没电或没网", "No power or no network")
	case "paused":
		return v.say("检修中", "Under work")
	case "removed":
		return v.say("已拆除", "Taken out of service")
	}
	if p.LastSeen == nil {
		return v.say("还没有上线过：看电源灯，再看天线和卡", "Never online yet: look at the power lamp, then at antenna and SIM")
	}
	return v.say("中心现在无法判断", "The centre cannot judge now")
}

func (v *hereView) playing() string {
	for _, o := range v.Unit.Presence.OnAir {
		if o.Title != "" {
			return o.Title
		}
	}
	return ""
}

// Seen says when it was heard of last.
func (v *hereView) Seen() string {
	t := v.Unit.Presence.LastSeen
	if t == nil {
		return v.say("从未", "never")
	}
	age := max(0, v.Now.Sub(*t))
	at := t.In(v.zone).Format("15:04:05")
	switch {
	case age < time.Minute:
		return v.say(fmt.Sprintf("%d 秒前（%s）", int(age.Seconds()), at), fmt.Sprintf("%d s ago (%s)", int(age.Seconds()), at))
	case age < time.Hour:
		return v.say(fmt.Sprintf("%d 分钟前（%s）", int(age.Minutes()), at), fmt.Sprintf("%d min ago (%s)", int(age.Minutes()), at))
	}
	at = t.In(v.zone).Format("01-02 15:04")
	return v.say(fmt.Sprintf("%d 小时前（%s）", int(age.Hours()), at), fmt.Sprintf("%d h ago (%s)", int(age.Hours()), at))
}

// Time says how well it knows the time.
func (v *hereView) Time() string {
	c := v.Unit.Presence.Clock
	switch {
	case c == nil:
		return v.say("还不知道", "not known yet")
	case c.State == wire.ClockUntrusted:
		return v.say("不准，先不播", "not right: it waits")
	case c.State == wire.ClockUncertain:
		return v.say("大致准", "about right")
	}
	return v.say("准", "right")
}

// Output says where its sound and pictures go.
func (v *hereView) Output() string {
	has := v.Unit.Outputs
	if len(has) == 0 {
		has = []wire.Output{wire.OutputSound}
	}
	var words []string
	if slices.Contains(has, wire.OutputSound) {
		sound := v.say("喇叭", "loudspeaker")
		if p := v.Unit.Presence.SoundOutput; p != "" {
			sound += v.say("（"+p+"）", " ("+p+")")
		}
		if n := v.Unit.Volume; n != nil {
			sound += v.say(fmt.Sprintf("，音量 %d\u00a0%%", *n), fmt.Sprintf(", volume %d\u00a0%%", *n))
		}
		words = append(words, sound)
	}
	if slices.Contains(has, wire.OutputScreen) {
		words = append(words, v.say("屏", "screen"))
	}
	return strings.Join(words, v.say("、", "; "))
}

// Sounds tells whether there is anything that can sound a tone.
func (v *hereView) Sounds() bool {
	return len(v.Unit.Outputs) == 0 || slices.Contains(v.Unit.Outputs, wire.OutputSound)
}

// Clock is when the page was made.
func (v *hereView) Clock() string { return v.Now.In(v.zone).Format("15:04:05") }

// ToneSays is what became of the test tone.
func (v *hereView) ToneSays() string {
	m := v.Tone
	switch m.State {
	case wire.AnswerDone:
		return v.say("响过了。听到了吗？", "It has sounded. Did you hear it?")
	case wire.AnswerAccepted:
		return v.say("喇叭收到了，正在响…", "The unit has it and sounds now…")
	case wire.AnswerRefused, wire.AnswerFailed:
		return v.say("没有响：", "It did not sound: ") + m.Why
	}
	if v.Now.After(m.Until) {
		return v.say("喇叭没有回话：看它是不是在线。", "The unit did not answer: see whether it is online.")
	}
	return v.say("已发出，等喇叭回话…", "Sent, waiting for the unit…")
}

// ToneSaid is what it was given to say, and whether it did by its own words.
func (v *hereView) ToneSaid() string {
	m := v.Tone
	switch {
	case m.Says == "":
		return v.say("中心没有装语音程序，只有试音，不念地名。", "No speech program is installed in the centre: the tone alone, without the place's name.")
	case m.State == wire.AnswerDone && strings.Contains(m.Why, "said 1 of 1"):
		return v.say("念的是：“"+m.Says+"”", "It said: “"+m.Says+"”")
	case m.State == wire.AnswerDone:
		return v.say("地名没有念出来：设备没取到，或它的程序太旧。", "The place's name was not read out: the unit could not fetch it, or its program is too old.")
	}
	return v.say("要念的是：“"+m.Says+"”", "It is to say: “"+m.Says+"”")
}
