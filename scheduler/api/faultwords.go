package api

import (
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

// said is a fault as people read it, with what helps; the limit that huma named
// stands for "{}".
type said struct{ fault, remedy scheduler.Words }

var (
	keepTo = scheduler.Words{ZH: "不要超出这个范围", EN: "keep to that limit"}
	asTime = said{scheduler.Words{ZH: "不是日期和时间", EN: "is no date and time"},
		scheduler.Words{ZH: "写成 2026-11-24T07:00:00+08:00", EN: "write it as 2026-11-24T07:00:00+08:00"}}
	asWhole  = said{scheduler.Words{ZH: "不是整数", EN: "is no whole number"}, scheduler.Words{ZH: "写一个整数，如 10", EN: "write one such as 10"}}
	asSwitch = said{scheduler.Words{ZH: "不是 true 或 false", EN: "is neither true nor false"}, scheduler.Words{ZH: "用其中一个", EN: "use one of the two"}}
	asNumber = said{scheduler.Words{ZH: "不是数字", EN: "is no number"}, scheduler.Words{ZH: "写一个数，如 1.5", EN: "write one such as 1.5"}}
)

// limits are huma's sentences that end in a limit.
var limits = []struct {
	begins string
	said   scheduler.Words
}{
	{"expected number >= ", scheduler.Words{ZH: "要不小于 {}", EN: "must be at least {}"}},
	{"expected number > ", scheduler.Words{ZH: "要大于 {}", EN: "must be more than {}"}},
	{"expected number <= ", scheduler.Words{ZH: "要不大于 {}", EN: "must be at most {}"}},
	{"expected number < ", scheduler.Words{ZH: "要小于 {}", EN: "must be less than {}"}},
	{"expected length >= ", scheduler.Words{ZH: "至少要 {} 个字", EN: "must have at least {} characters"}},
	{"expected length <= ", scheduler.Words{ZH: "最多 {} 个字", EN: "must have at most {} characters"}},
	{"expected array length >= ", scheduler.Words{ZH: "至少要 {} 项", EN: "must have at least {} entries"}},
	{"expected array length <= ", scheduler.Words{ZH: "最多 {} 项", EN: "must have at most {} entries"}},
}

// plain are the others of which people may meet one.
var plain = map[string]said{
	"expected length >= 1":                     {scheduler.Words{ZH: "是空的", EN: "is empty"}, scheduler.Words{ZH: "请填上", EN: "give it"}},
	"expected string to be RFC 3339 date-time": asTime,
	"expected integer":                         asWhole, "invalid integer": asWhole,
	"expected number": asNumber, "invalid float": asNumber,
	"expected boolean": asSwitch, "invalid boolean": asSwitch,
	"expected string": {scheduler.Words{ZH: "不是文字", EN: "is no text"}, scheduler.Words{ZH: "写成加引号的 JSON 字符串", EN: "write a JSON string, in quotation marks"}},
	"expected array":  {scheduler.Words{ZH: "不是列表", EN: "is no list"}, scheduler.Words{ZH: "写成 JSON 列表，如 [\"a\"]", EN: `write a JSON list such as ["a"]`}},
	"expected object": {scheduler.Words{ZH: "不是 JSON 对象", EN: "is no JSON object"}, scheduler.Words{ZH: "写成 {\"名\": 值}", EN: `write {"name": value}`}},
}

// inWords says what huma found as people read it, if it is one of what they meet.
func inWords(message string) (said, bool) {
	if s, ok := plain[message]; ok {
		return s, true
	}
	if strings.HasPrefix(message, "invalid date/time") { // the rest is a form of Go's
		return asTime, true
	}
	for _, l := range limits {
		if limit, ok := strings.CutPrefix(message, l.begins); ok {
			fill := func(s string) string { return strings.ReplaceAll(s, "{}", limit) }
			return said{scheduler.Words{ZH: fill(l.said.ZH), EN: fill(l.said.EN)}, keepTo}, true
		}
	}
	return said{}, false
}
