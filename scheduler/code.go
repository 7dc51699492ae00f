package scheduler

import (
	"slices"
	"strconv"
	"strings"
)

// codeDigits is how many digits a division code has.
const codeDigits = 12

// DivisionCode reads a division code as spreadsheets leave it: as text, as a
// number, with a point and zeros, or in scientific notation. It is given back only
// where all its digits are there; looks is false for what is no code at all.
func DivisionCode(c Cell) (code string, looks bool, fault *TableFault) {
	text := narrow(c.Text)
	switch whole, point, _ := strings.Cut(text, "."); {
	case digits(text) && len(text) == codeDigits:
		return text, true, nil
	case digits(whole) && len(whole) == codeDigits && strings.Trim(point, "0") == "":
		return whole, true, nil
	case digits(text) && len(text) < 6:
		return "", false, nil
	case digits(text):
		return "", true, &TableFault{Value: c.Text, Message: Words{"区划代码要 12 位，这里是 " + strconv.Itoa(len(text)) + " 位", "a division code has 12 digits, these are " + strconv.Itoa(len(text))},
			Remedy: Words{"写全 12 位（镇级末尾补 000，县级补 000000）", "give all 12: end a town's with 000, a county's with 000000"}}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.eE+") != "" {
		return "", false, nil
	}
	code = strconv.FormatFloat(value, 'f', -1, 64)
	mantissa, _, scientific := strings.Cut(strings.ToLower(text), "e")
	// A number is held in full: 12 digits fit. Of a text only what it shows is left.
	kept := c.Number || len(strings.ReplaceAll(mantissa, ".", "")) >= codeDigits
	switch {
	case digits(code) && len(code) == codeDigits && kept:
		return code, true, nil
	case scientific:
		return "", true, &TableFault{Value: c.Text, Message: Words{"表格软件把区划代码变成了科学计数，后面的数字丢了", "the spreadsheet turned the division code into a number, and its last digits are lost"},
			Remedy: Words{"把这一列设成“文本”格式，重新填 12 位数字，再另存", "format the column as text, type the 12 digits again, and save"}}
	}
	return "", true, &TableFault{Value: c.Text, Message: Words{"这不是区划代码", "this is no division code"}, Remedy: Words{"把这一列设成“文本”格式，填 12 位数字", "format the column as text, and give 12 digits"}}
}

// narrow is a text with the digits and signs of wide type as plain ones, without
// spaces, and without the mark by which spreadsheets are told that it is text.
func narrow(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '！' && c <= '～':
			return c - '！' + '!'
		case c == ' ' || c == '\u00a0' || c == '\u3000' || c == '\t':
			return -1
		}
		return c
	}, strings.TrimLeft(strings.TrimSpace(text), "'’‘"))
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// FindArea finds the area that people mean: by id, by division code, or by name,
// with the name of the area above before it where several have the same.
func (t *Tree) FindArea(c Cell) (id string, fault *TableFault) {
	if _, ok := t.Area(c.Text); ok {
		return c.Text, nil
	}
	code, looks, fault := DivisionCode(c)
	if fault != nil {
		return "", fault
	}
	if looks {
		for _, id := range t.IDs() {
			if t.areas[id].Code == code {
				return id, nil
			}
		}
		return "", &TableFault{Value: c.Text, Message: Words{"没有区划代码是这个的区域", "no area has this division code"},
			Remedy: Words{"对照 villagecast areas list 改正，或先把这个区域的代码填上", "compare with villagecast areas list, or give the area its code first"}}
	}
	return t.areaNamed(c.Text)
}

func (t *Tree) areaNamed(text string) (id string, fault *TableFault) {
	joined := func(s string) string {
		return strings.Map(func(c rune) rune {
			if strings.ContainsRune("/／>＞·,，、 \u00a0\u3000-—", c) {
				return -1
			}
			return c
		}, s)
	}
	var found, names []string
	want := joined(text)
	for _, id := range t.IDs() {
		full := ""
		chain := t.Chain(id)
		slices.Reverse(chain)
		for _, part := range chain { // 东塘村, 柳树镇东塘村, 青禾县柳树镇东塘村
			if full = joined(t.areas[part].Name) + full; full == want {
				found = append(found, id)
				break
			}
		}
		names = append(names, t.areas[id].Name)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", &TableFault{Value: text, Message: Words{strconv.Itoa(len(found)) + " 个区域叫这个名字", strconv.Itoa(len(found)) + " areas have this name"},
			Remedy: Words{"前面加上上级的名字，如“柳树镇东塘村”，或写 12 位区划代码", "put the name of the area above before it, or give the 12-digit code"}}
	}
	f := &TableFault{Value: text, Message: Words{"没有这个区域", "there is no such area"},
		Remedy: Words{"写区域的名字、编号或 12 位区划代码；没有的先添加", "give the name, id or 12-digit code of an area; add the area first"}}
	if near := Nearest(text, names); near != "" {
		f.Remedy = Words{"最接近的是“" + near + "”；" + f.Remedy.ZH, "the nearest is " + strconv.Quote(near) + "; " + f.Remedy.EN}
	}
	return "", f
}
