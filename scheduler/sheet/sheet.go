// Package sheet reads the first table of a spreadsheet, as county offices have
// them: XLSX, or text with commas, semicolons or tabs between the cells, in
// UTF-8, UTF-16 or GBK. What a table says is the domain's; nothing here knows it.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/villagecast/villagecast/scheduler"
)

// Bounds of what is read: a spreadsheet may be made to be endless.
const (
	maxRows    = 20_000
	maxColumns = 100
	maxCell    = 2000 // bytes
)

// Read reads a table. Its errors are *scheduler.TableError, in lang.
func Read(data []byte, lang string) (t scheduler.Table, err error) {
	var fault *scheduler.TableFault
	switch {
	case len(data) == 0:
		fault = &scheduler.TableFault{Message: scheduler.Words{ZH: "文件是空的", EN: "the file is empty"}, Remedy: scheduler.Words{ZH: "保存后再试", EN: "save it first"}}
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		t, fault = workbook(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		fault = &scheduler.TableFault{Message: scheduler.Words{ZH: "这是旧格式（.xls）或加了密码的文件", EN: "this is an old .xls file, or one with a password"},
			Remedy: scheduler.Words{ZH: "去掉密码，另存为 .xlsx 或 CSV", EN: "take the password off, and save it as .xlsx or CSV"}}
	default:
		t, fault = text(data)
	}
	if fault == nil {
		fault = bounds(t)
	}
	if fault != nil {
		return scheduler.Table{}, &scheduler.TableError{Kind: scheduler.Invalid, Faults: []scheduler.TableFault{*fault}, Lang: lang}
	}
	return t, nil
}

func bounds(t scheduler.Table) *scheduler.TableFault {
	long := len(t.Head) > maxColumns
	for _, r := range t.Rows {
		for _, c := range r.Cells {
			if len(c.Text) > maxCell {
				return &scheduler.TableFault{Row: r.Number, Message: scheduler.Words{ZH: "有一格太长", EN: "a cell is too long"}, Remedy: scheduler.Words{ZH: "一格最多 2000 字节", EN: "a cell holds 2,000 bytes at most"}}
			}
		}
	}
	if long || len(t.Rows) > maxRows {
		return &scheduler.TableFault{Message: scheduler.Words{ZH: "表太大", EN: "the table is too large"},
			Remedy: scheduler.Words{ZH: "最多 20000 行、100 列，分成几份", EN: "20,000 rows and 100 columns at most: split it"}}
	}
	return nil
}

// add takes a row of cells: the first that holds something are the headings.
func add(t *scheduler.Table, number int, cells []scheduler.Cell) {
	if !slices.ContainsFunc(cells, func(c scheduler.Cell) bool { return strings.TrimSpace(c.Text) != "" }) {
		return
	}
	if t.Head != nil {
		t.Rows = append(t.Rows, scheduler.TableRow{Number: number, Cells: cells})
		return
	}
	for _, c := range cells {
		t.Head = append(t.Head, strings.TrimSpace(c.Text))
	}
}

// text reads a text with separators.
func text(data []byte) (t scheduler.Table, fault *scheduler.TableFault) {
	plain, fault := decoded(data)
	if fault != nil {
		return t, fault
	}
	line, rest, _ := strings.Cut(plain, "\n")
	skipped := 0
	separator := rune(0)
	if sep, ok := strings.CutPrefix(strings.ToLower(strings.TrimRight(line, "\r")), "sep="); ok && len(sep) == 1 { // Excel's own way to say it
		separator, plain, skipped = rune(sep[0]), rest, 1
		line, _, _ = strings.Cut(plain, "\n")
	}
	if separator == 0 {
		separator = between(line)
	}
	r := csv.NewReader(strings.NewReader(plain))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator, -1, separator != '\t'
	for len(t.Rows) <= maxRows {
		record, err := r.Read()
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return t, &scheduler.TableFault{Row: bad.StartLine + skipped, Message: scheduler.Words{ZH: "引号没有成对", EN: "a quotation mark has no partner"},
				Remedy: scheduler.Words{ZH: "去掉这一行里的引号，或用表格软件重新存一次", EN: "take the quotation marks out of this line, or save it from a spreadsheet again"}}
		}
		if err != nil {
			return t, nil // the end
		}
		number, _ := r.FieldPos(0)
		cells := make([]scheduler.Cell, len(record))
		for i, field := range record {
			cells[i].Text = field
		}
		add(&t, number+skipped, cells)
	}
	return t, nil
}

// between guesses the separator by what stands most often in the headings.
func between(line string) rune {
	best := ','
	for _, c := range ";\t" {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

// decoded is the text in UTF-8. What is no UTF-8 is taken for GBK, which is what
// spreadsheets on Chinese Windows write.
func decoded(data []byte) (string, *scheduler.TableFault) {
	if plain, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		data = plain
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		if out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(data); err == nil {
			data = out
		}
	}
	if !utf8.Valid(data) {
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			data = out
		}
	}
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return "", &scheduler.TableFault{Message: scheduler.Words{ZH: "读不出文字：既不是 UTF-8 也不是 GBK", EN: "its text cannot be read: it is neither UTF-8 nor GBK"},
			Remedy: scheduler.Words{ZH: "另存为 .xlsx，或“CSV UTF-8”", EN: "save it as .xlsx, or as CSV in UTF-8"}}
	}
	return string(data), nil
}

func broken(err error) *scheduler.TableFault {
	return &scheduler.TableFault{Message: scheduler.Words{ZH: "打不开这个表格文件", EN: fmt.Sprintf("the spreadsheet cannot be opened (%v)", err)},
		Remedy: scheduler.Words{ZH: "用表格软件打开，另存为 .xlsx 再试", EN: "open it in a spreadsheet, save it as .xlsx, and try again"}}
}
