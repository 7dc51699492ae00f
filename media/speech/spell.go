package speech

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spell writes out in Chinese characters what is read wrong as figures: numbers,
// dates, times, ranges, telephone numbers, money, percentages, degrees and units.
// Text without a Chinese character is returned as it is.
func Spell(text string) string {
	if !Chinese(text) {
		return text
	}
	s := speller{rest: narrow.Replace(text)}
	for s.rest != "" {
		if !s.step() {
			r, n := utf8.DecodeRuneInString(s.rest)
			s.take(n, string(r))
			if !strings.ContainsRune(" 、，,或和及转/;；", r) {
				s.phoned = false
			}
		}
	}
	return s.out.String()
}

// narrow brings full-width figures and signs to one form.
var narrow = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7",
	"８", "8", "９", "9", "％", "%", "．", ".", "−", "-", "－", "-", "°C", "℃", "° C", "℃", "￥", "¥", "〜", "~", "～", "~", "㎡", "m²")

// speller walks over a text: what is written and what is still to be read.
type speller struct {
	out    strings.Builder
	past   string // the last of the original text, for context
	rest   string
	phoned bool // a telephone number was just read
}

// take moves over n bytes and writes text for them.
func (s *speller) take(n int, text string) {
	s.past += s.rest[:n]
	if len(s.past) > 128 {
		s.past = strings.ToValidUTF8(s.past[len(s.past)-64:], "")
	}
	s.rest = s.rest[n:]
	s.out.WriteString(text)
}

// rule reads what matches at the beginning of the rest; ok false leaves it to
// the next rule.
type rule struct {
	match *regexp.Regexp
	read  func(s *speller, m []string) (text string, ok bool)
}

const (
	num = `(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)`
	to  = `\s*(?:[-–—~]|——|至|到)\s*`
)

func begin(pattern string) *regexp.Regexp { return regexp.MustCompile(`^` + pattern) }

// rules in the order in which they are tried.
var rules = []rule{
	{begin(`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})`), readDate},
	{begin(`(\d{4})` + to + `(\d{4})年`), func(_ *speller, m []string) (string, bool) { return singly(m[1]) + "到" + singly(m[2]) + "年", true }},
	{begin(`([12]\d{3})年`), func(_ *speller, m []string) (string, bool) { return singly(m[1]) + "年", true }},
	{begin(`(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?分?`), readTime},
	{begin(`(\d{1,3})[:：](\d{1,3})`), func(_ *speller, m []string) (string, bool) { return quantity(m[1]) + "比" + quantity(m[2]), true }},
	{begin(`1[3-9]\d[- ]?\d{4}[- ]?\d{4}`), readPhone},
	{begin(`0\d{2,3}[- ]?\d{7,8}(?:-\d{1,6})?`), readPhone},
	{begin(`[48]00[- ]?\d{3,4}[- ]?\d{3,4}`), readPhone},
	{begin(`\d{3,}`), readCode},
	{begin(num + to + num + `([%‰])`), func(_ *speller, m []string) (string, bool) {
		return share(m[1], m[3]) + "到" + share(m[2], m[3]), true
	}},
	{begin(`(-?)` + num + `([%‰])`), func(s *speller, m []string) (string, bool) {
		return s.sign(m[1], "负") + share(m[2], m[3]), s.signed(m[1])
	}},
	{begin(`(-?)` + num + to + `(-?)` + num + `\s*(℃|摄氏度)`), readDegrees},
	{begin(`(-?)` + num + `\s*(℃|摄氏度)`), func(s *speller, m []string) (string, bool) {
		return s.sign(m[1], "零下") + quantity(m[2]) + "摄氏度", s.signed(m[1])
	}},
	{begin(`(-)` + num + `度`), func(s *speller, m []string) (string, bool) {
		return s.sign(m[1], "零下") + quantity(m[2]) + "度", s.signed(m[1])
	}},
	{begin(`¥\s*` + num + to + `¥?\s*` + num + `([万亿]?)元?`), func(_ *speller, m []string) (string, bool) {
		return quantity(m[1]) + "到" + quantity(m[2]) + m[3] + "元", true
	}},
	{begin(`¥\s*` + num + `([万亿]?)元?`), func(_ *speller, m []string) (string, bool) { return counted(m[1], "元") + m[2] + "元", true }},
	{begin(num + `\s*(` + unitPattern + `)`), readUnit},
	{begin(`(\d{1,3})/(\d{1,3})`), readFraction},
	{begin(`\d{1,4}(?:-\d{1,4}){2,}`), func(_ *speller, m []string) (string, bool) {
		parts := strings.Split(m[0], "-")
		for i, p := range parts {
			parts[i] = serial(p)
		}
		return strings.Join(parts, "杠"), true
	}},
	{begin(`-` + num), func(s *speller, m []string) (string, bool) { return "负" + s.number(m[0], m[1]), s.signed("-") }},
	{begin(`\d+(?:\.\d+){2,}`), func(_ *speller, m []string) (string, bool) {
		parts := strings.Split(m[0], ".")
		for i, p := range parts {
			parts[i] = quantity(p)
		}
		return strings.Join(parts, "点"), true
	}},
	{begin(num), func(s *speller, m []string) (string, bool) { return s.number(m[0], m[1]), true }},
	{begin(`(?:[-–—~]|——)`), readRange},
	{begin(`℃`), func(*speller, []string) (string, bool) { return "摄氏度", true }},
}

// step reads one thing that has figures or signs, if the rest begins with one.
func (s *speller) step() bool {
	if c := s.rest[0]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return false
	}
	for _, r := range rules {
		m := r.match.FindStringSubmatch(s.rest)
		if m == nil {
			continue
		}
		if text, ok := r.read(s, m); ok {
			s.take(len(m[0]), text)
			return true
		}
	}
	return false
}

// followed tells whether a digit or a Latin letter follows the match.
func (s *speller) followed(match string) bool {
	rest := s.rest[len(match):]
	return rest != "" && (rest[0] >= '0' && rest[0] <= '9' || rest[0] < 0x80 && unicode.IsLetter(rune(rest[0])))
}

// signed tells whether a minus here is a sign: none is always fine; one must
// not stand between two things, as in a range.
func (s *speller) signed(minus string) bool {
	if minus == "" {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s.past)
	if s.past == "" || strings.HasSuffix(s.past, "温度") {
		return true
	}
	return !unicode.IsDigit(r) && !(r < 0x80 && unicode.IsLetter(r)) && !strings.ContainsRune(rangeEnds, r)
}

func (s *speller) sign(minus, word string) string {
	if minus == "" || strings.HasSuffix(s.past, "零下") {
		return ""
	}
	return word
}

// rangeEnds are the characters after which a dash before a figure means "to".
const rangeEnds = "日号月年时点分秒天周元米度级名人岁里楼%℃"

func readRange(s *speller, m []string) (string, bool) {
	next := strings.TrimLeft(s.rest[len(m[0]):], " ")
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s.past, " "))
	if next == "" || !(next[0] >= '0' && next[0] <= '9') && !(m[0] != "-" && next[0] == '-') {
		return "", false
	}
	if !unicode.IsDigit(r) && !strings.ContainsRune(rangeEnds, r) {
		return "", false
	}
	return "到", true
}

// Chinese tells whether the text holds a Chinese character.
func Chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func speakable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// clean drops what no voice can read: control characters and broken UTF-8.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text))
}
