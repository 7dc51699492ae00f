package timetable

import (
	"fmt"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Codes of a Reason. The first group says why something is on air, the second
// why it ended or was skipped.
const (
	WhyLoop      = "loop"      // a loop inside its window
	WhyEvery     = "every"     // a round each n minutes
	WhyAt        = "at"        // a fixed time
	WhyOnce      = "once"      // one instant
	WhyInterrupt = "interrupt" // a warning in force
	WhyLate      = "late"      // began after waiting for By
	WhyArrived   = "arrived"   // began late: its audio was not on the unit
	WhyRejoined  = "rejoined"  // after being cut by By, where the clock is
	WhyResumed   = "resumed"   // after being cut by By, where it stopped
	WhyTail      = "tail"      // the last item of a superseded version

	EndDone       = "done"         // reached its own end
	EndPause      = "pause"        // frees the output until its next item or round
	EndCut        = "cut"          // By is higher in the order
	EndBlocked    = "blocked"      // By held the output longer than the grace
	EndReplaced   = "replaced"     // replaced by its next round
	EndWindow     = "window"       // the window ends
	EndValidity   = "validity"     // the validity ends
	EndQuiet      = "quiet"        // quiet hours (sound)
	EndDark       = "dark"         // dark hours (screen)
	EndMute       = "mute"         // muted
	EndException  = "exception"    // an exception: By is its id, Item its reason
	EndSilent     = "silent"       // no word of the centre for so long as the programme may go without
	EndMaxPlay    = "max-play"     // the programme's maximum play time
	EndSuperseded = "superseded"   // a newer version
	EndWithdrawn  = "withdrawn"    // no longer in the bulletins
	EndBarred     = "barred"       // stopped by an order
	EndLocked     = "locked"       // given by somebody whose account was closed before
	EndLifted     = "lifted"       // a warning no longer in the orders
	EndExpired    = "expired"      // a warning's own end
	EndOff        = "off"          // the unit was not running
	EndClock      = "clock"        // the unit did not know the time
	EndMissing    = "missing"      // none of its items is on the unit yet
	EndItem       = "item-missing" // one item is not on the unit yet; the next begins at once
	EndGoesOn     = "goes-on"      // still on air at the end of the Run
)

// Reason is why something happens, for machines (Code) and people (Text).
type Reason struct {
	Code string `json:"code"`
	// From and To are the window in question.
	From wire.Clock `json:"from,omitempty"`
	To   wire.Clock `json:"to,omitempty"`
	// Every is in minutes.
	Every int `json:"every,omitempty"`
	// By and ByTitle name what was in the way.
	By      string `json:"by,omitempty"`
	ByTitle string `json:"byTitle,omitempty"`
	// Late is how long it waited.
	Late time.Duration `json:"late,omitempty"`
	// Item is the title of the item in question, or the reason of the exception.
	Item string `json:"item,omitempty"`
	// Hours are those without the centre.
	Hours int `json:"hours,omitempty"`
}

// Text says the reason in words, in Chinese if lang begins with "zh", else in English.
func (r Reason) Text(lang string) string {
	i := 0
	if strings.HasPrefix(lang, "zh") {
		i = 1
	}
	pattern, ok := reasonWords[r.Code]
	if !ok {
		return r.Code
	}
	if r.Code == WhyLate && r.ByTitle == "" && (r.By == EndOff || r.By == EndClock) { // it waited for nobody
		why := reasonWords[r.By]
		pattern = [2]string{"{late} late: " + why[0], "推迟 {late}：" + why[1]}
	}
	var b strings.Builder
	for text := pattern[i]; ; {
		plain, rest, named := strings.Cut(text, "{")
		b.WriteString(plain)
		if !named {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(r.word(name, i))
		text = after
	}
}

// word is what stands for a name in the pattern of the language i.
func (r Reason) word(name string, i int) string {
	switch name {
	case "from":
		return short(r.From)
	case "to":
		return short(r.To)
	case "every":
		return fmt.Sprint(r.Every)
	case "late":
		return sayDuration(r.Late, i)
	case "item":
		return r.Item
	case "hours":
		return fmt.Sprint(r.Hours)
	case "by":
		return r.by(i)
	}
	return name
}

// by names what was in the way.
func (r Reason) by(i int) string {
	by := r.ByTitle
	if by == "" {
		by = r.By
	}
	switch {
	case r.By == EndOff:
		return [2]string{"the time when the unit was off", "停机"}[i]
	case r.By == EndClock:
		return [2]string{"the time when the clock was not right", "时钟未校准"}[i]
	case by == "":
		return [2]string{"something higher", "更高级别的播出"}[i]
	}
	return [2]string{"“" + by + "”", "《" + by + "》"}[i]
}

// reasonWords has English and Chinese for each code; nobody writes to it.
var reasonWords = map[string][2]string{
	WhyLoop:      {"loop {from}–{to}", "循环播出 {from}–{to}"},
	WhyEvery:     {"every {every} min, {from}–{to}", "{from}–{to} 每 {every} 分钟一次"},
	WhyAt:        {"at its fixed time", "定时播出"},
	WhyOnce:      {"once, at its set time", "单次播出"},
	WhyInterrupt: {"warning in force", "预警强切"},
	WhyLate:      {"{late} late: waited for {by}", "推迟 {late}：等待{by}播完"},
	WhyArrived:   {"{late} late: its audio has only now arrived", "推迟 {late}：音频刚传到终端"},
	WhyRejoined:  {"goes on where the clock is, after {by}", "{by}之后，按时间接着播"},
	WhyResumed:   {"goes on where it stopped, after {by}", "{by}之后，从中断处接着播"},
	WhyTail:      {"finishes its item; a newer version follows", "播完当前条目，随后播新版本"},

	EndDone:       {"played to its end", "播完"},
	EndPause:      {"pause: leaves the output free", "间歇，让出通道"},
	EndCut:        {"cut by {by}", "被{by}切断"},
	EndBlocked:    {"skipped: {by} held the output longer than it may wait", "未播：{by}占用，超过可等待时间"},
	EndReplaced:   {"replaced by its next round", "未播：由下一轮代替"},
	EndWindow:     {"its hours end at {to}", "播出时段到 {to} 为止"},
	EndValidity:   {"its validity ends", "有效期到"},
	EndQuiet:      {"quiet hours", "静默时段不播"},
	EndDark:       {"dark hours of the screens", "屏幕熄灭时段不播"},
	EndMute:       {"muted", "已静音"},
	EndException:  {"silent here: {item}", "此处静默：{item}"},
	EndSilent:     {"no word of the centre for {hours} h", "{hours} 小时没有中心的消息，停播"},
	EndMaxPlay:    {"longer than its maximum play time", "超过最长播出时间"},
	EndSuperseded: {"a newer version takes over", "由新版本接替"},
	EndWithdrawn:  {"withdrawn", "已撤播"},
	EndBarred:     {"stopped", "已立即停播"},
	EndLocked:     {"given by an account that was closed", "签发账号已停用"},
	EndLifted:     {"warning lifted", "预警已解除"},
	EndExpired:    {"the warning's time is over", "预警时间已到"},
	EndOff:        {"the unit was off", "终端未运行"},
	EndClock:      {"the unit's clock was not right", "终端时钟未校准"},
	EndMissing:    {"its audio is not on the unit yet", "音频还没有传到终端"},
	EndItem:       {"item “{item}” is not on the unit yet", "条目《{item}》还没有传到终端"},
	EndGoesOn:     {"goes on", "继续播出"},
}

// short drops the seconds of a clock time that has none to speak of.
func short(c wire.Clock) string {
	s := string(c)
	if len(s) == 8 && strings.HasSuffix(s, ":00") {
		return s[:5]
	}
	return s
}

func sayDuration(d time.Duration, lang int) string {
	d = d.Round(time.Second)
	m, s := int(d/time.Minute), int(d%time.Minute/time.Second)
	units := [2][2]string{{" min", " s"}, {" 分", " 秒"}}[lang]
	switch {
	case m == 0:
		return fmt.Sprint(s) + units[1]
	case s == 0:
		return fmt.Sprint(m) + units[0]
	}
	return fmt.Sprint(m) + units[0] + " " + fmt.Sprint(s) + units[1]
}
