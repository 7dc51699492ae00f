package speech

import "strings"

var digits = [10]string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

// singly reads figures one by one: 2026 -> 二零二六.
func singly(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= '0' && c <= '9' {
			b.WriteString(digits[c-'0'])
		}
	}
	return b.String()
}

// phone is singly as telephone numbers are read, with 幺 for one.
func phone(s string) string { return strings.ReplaceAll(singly(s), "一", "幺") }

// quantity reads a figure as a number: 10005 -> 一万零五, 2000 -> 两千, 3.50 -> 三点五零.
// Commas between thousands are passed over; a figure with a leading zero or of more
// than 16 digits is read one by one.
func quantity(s string) string {
	whole, fraction, point := strings.Cut(strings.ReplaceAll(s, ",", ""), ".")
	text := integer(whole)
	if point {
		text += "点" + singly(fraction)
		if strings.HasPrefix(text, "两") && len(whole) == 1 {
			text = "二" + strings.TrimPrefix(text, "两")
		}
	}
	return text
}

func integer(s string) string {
	switch {
	case len(s) > 16 || len(s) > 1 && s[0] == '0':
		return singly(s)
	case s == "0":
		return "零"
	}
	var b strings.Builder
	var gap bool // zeros were passed over since the last digit read
	for i, c := range []byte(s) {
		place := len(s) - 1 - i
		if c == '0' {
			gap = gap || b.Len() > 0
		} else {
			if gap {
				b.WriteString("零")
				gap = false
			}
			tens := place%4 == 1
			switch {
			case tens && c == '1' && b.Len() == 0: // 十五, not 一十五
			case c == '2' && i == 0 && place >= 3 && !tens && place%4 != 2:
				b.WriteString("两")
			default:
				b.WriteString(digits[c-'0'])
			}
			b.WriteString([4]string{"", "十", "百", "千"}[place%4])
		}
		if place > 0 && place%4 == 0 && group(s, place) {
			b.WriteString([4]string{"", "万", "亿", "万亿"}[place/4])
			// 十万零五 but 十五万三千: a zero before the group's own head is read anew.
			gap = false
			if next := s[i+1]; next == '0' && strings.Trim(s[i+1:], "0") != "" {
				gap = true
			}
		}
	}
	return b.String()
}

// group tells whether the four places that end at place hold any digit but 0.
func group(s string, place int) bool {
	end := len(s) - place
	return strings.Trim(s[max(end-4, 0):end], "0") != ""
}
