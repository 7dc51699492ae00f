package speech

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func readDate(s *speller, m []string) (string, bool) {
	month, day := atoi(m[2]), atoi(m[3])
	if month < 1 || month > 12 || day < 1 || day > 31 || s.followed(m[0]) {
		return "", false
	}
	return singly(m[1]) + "年" + integer(strconv.Itoa(month)) + "月" + integer(strconv.Itoa(day)) + "日", true
}

func readTime(s *speller, m []string) (string, bool) {
	if atoi(m[1]) > 24 || atoi(m[2]) > 59 || atoi(m[3]) > 59 || s.followed(m[0]) {
		return "", false
	}
	text := counted(strconv.Itoa(atoi(m[1])), "点") + "点"
	if m[2] != "00" || m[3] != "" {
		text += quantity(m[2]) + "分"
	}
	if m[3] != "" {
		text += quantity(m[3]) + "秒"
	}
	return text, true
}

func readPhone(s *speller, m []string) (string, bool) {
	if s.followed(m[0]) || s.afterLetter() || strings.HasPrefix(s.rest[len(m[0]):], ".") && counts(s.rest[len(m[0])+1:]) {
		return "", false
	}
	if !strings.ContainsAny(m[0], "- ") && counts(s.rest[len(m[0]):]) {
		return "", false // 13800138000元 is money
	}
	s.phoned = true
	return phone(m[0]), true
}

var (
	// codes are numbers that everybody knows as numbers to ring.
	codes = regexp.MustCompile(`^(11[0-49]|12[0-2]|12[13]\d\d|1233\d|123[4-9]\d|100(00|10|86|99)|95\d{3,4}|96\d{3,4})$`)
	// ring is what stands before a number to ring or another that is read one by one.
	ring = regexp.MustCompile(`(电话|手机|热线|拨打|拨|致电|呼叫|号码|传真|邮编|验证码|群号|群|微信|QQ|编号|密码)(号码|号)?(是|为|打)?[:：]?\s*[“"]?$`)
	// amount is what stands before a number that counts.
	amount = regexp.MustCompile(`(共|计|第|达|约|近|超过|超|满|至少|最多|有)\s*$`)
)

// readCode reads figures that name something instead of counting it.
func readCode(s *speller, m []string) (string, bool) {
	after := s.rest[len(m[0]):]
	if s.followed(m[0]) || counts(after) || strings.HasPrefix(after, "%") || len(after) > 1 && (after[0] == '.' || after[0] == ',') && after[1] >= '0' && after[1] <= '9' {
		return "", false
	}
	named := ring.MatchString(s.past) || s.phoned || s.afterLetter()
	if !named && (amount.MatchString(s.past) || !codes.MatchString(m[0]) && len(m[0]) < 7) {
		return "", false
	}
	s.phoned = !s.afterLetter()
	return phone(m[0]), true
}

// afterLetter tells whether a Latin letter stands before, as in G318.
func (s *speller) afterLetter() bool {
	r, _ := utf8.DecodeLastRuneInString(s.past)
	return s.past != "" && r < 0x80 && unicode.IsLetter(r)
}

func share(n, sign string) string {
	if sign == "‰" {
		return "千分之" + quantity(n)
	}
	return "百分之" + quantity(n)
}

// readDegrees reads a range of temperatures: -3~5℃.
func readDegrees(s *speller, m []string) (string, bool) {
	if !s.signed(m[1]) {
		return "", false
	}
	low, high := s.sign(m[1], "零下")+quantity(m[2]), quantity(m[4])
	if m[3] != "" {
		high = "零下" + high
	} else if strings.HasPrefix(low, "零下") || strings.HasSuffix(s.past, "零下") {
		high = "零上" + high
		if m[4] == "0" {
			high = "零"
		}
	}
	return low + "到" + high + "摄氏度", true
}

// units are written in letters and read in Chinese.
var units = map[string]string{
	"km/h": "公里每小时", "m/s": "米每秒", "km²": "平方公里", "m²": "平方米", "m³": "立方米", "km": "公里", "cm": "厘米", "mm": "毫米",
	"m": "米", "kg": "公斤", "mg": "毫克", "g": "克", "t": "吨", "kWh": "千瓦时", "kW": "千瓦", "kV": "千伏", "V": "伏", "W": "瓦",
	"mL": "毫升", "ml": "毫升", "L": "升", "h": "小时", "min": "分钟", "s": "秒", "Hz": "赫兹", "dB": "分贝", "MPa": "兆帕", "hPa": "百帕",
}

const unitPattern = `km/h|m/s|km²|m²|m³|km|cm|mm|kg|mg|kWh|kW|kV|mL|ml|min|Hz|dB|MPa|hPa|m|g|t|V|W|L|h|s`

func readUnit(s *speller, m []string) (string, bool) {
	if s.followed(m[0]) || s.afterLetter() {
		return "", false
	}
	unit := units[m[2]]
	return counted(m[1], unit) + unit, true
}

func readFraction(s *speller, m []string) (string, bool) {
	if atoi(m[1]) == 0 || atoi(m[2]) <= atoi(m[1]) || s.followed(m[0]) || strings.HasPrefix(s.rest[len(m[0]):], "/") {
		return "", false
	}
	return quantity(m[2]) + "分之" + quantity(m[1]), true
}

// pairs are the words before which 2 is 两: measures and spans of time. Before
// others (月, 日, 号, 楼, 级, 组, 期 …) it names a place in a row and stays 二.
var pairs = []string{
	"个", "位", "名", "人", "户", "次", "天", "年", "周", "小时", "分钟", "点", "秒", "岁", "家", "块", "元", "只", "头", "条", "台", "辆",
	"套", "件", "张", "份", "本", "座", "间", "米", "公里", "千米", "平方", "立方", "斤", "公斤", "千克", "克", "吨", "亩", "公顷", "里", "万", "千", "亿", "倍",
	"层", "种", "项", "场", "遍", "支", "颗", "棵", "袋", "箱", "桶", "瓶", "车", "趟", "批", "道", "处", "对", "双", "把", "升", "毫米", "厘米", "匹", "艘", "桌", "片",
}

// others are words that count too but keep 二, or stand after larger numbers.
var others = []string{
	"百", "月", "日", "号", "度", "级", "楼", "室", "栋", "幢", "组", "队", "期", "届", "分", "角", "厘", "毫", "瓦", "伏", "摄氏", "多", "余", "来", "株", "口",
	"尾", "羽", "股", "票", "字", "页", "枚", "根", "所", "街", "路", "弄", "℃", "km", "kg", "m",
}

// counts tells whether the text goes on with a word after a number that counts.
func counts(after string) bool {
	after = strings.TrimLeft(after, " ")
	return begins(after, pairs) || begins(after, others)
}

func begins(s string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// counted reads a number before a word: 2个 is 两个, 2号 is 二号.
func counted(n, after string) string {
	if n == "2" && begins(strings.TrimLeft(after, " "), pairs) {
		return "两"
	}
	return quantity(n)
}

// serial reads a short number in a row of them, as of a house: 501 one by one.
func serial(n string) string {
	if len(n) >= 3 {
		return phone(n)
	}
	return quantity(n)
}

// places are what stands before a number that names a place in a row.
var places = regexp.MustCompile(`(第|星期|礼拜|周|农历|初|[.点])\s*$`)

// number reads a plain number with what stands around it.
func (s *speller) number(match, n string) string {
	after := s.rest[len(match):]
	if places.MatchString(s.past) {
		return quantity(n)
	}
	if n == "2" && strings.HasPrefix(after, "点") && len(after) > 3 && after[3] >= '0' && after[3] <= '9' {
		return "两" // 2点30分
	}
	return counted(n, after)
}
