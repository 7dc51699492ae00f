package scheduler

import (
	"fmt"
	"strings"
)

// Words are the same words in Chinese and in English.
type Words struct{ ZH, EN string }

// Quoted are words that somebody else said, in whatever language.
func Quoted(s string) Words { return Words{s, s} }

// In are the words in a language, as a browser or the command line names it.
func (w Words) In(lang string) string {
	if strings.HasPrefix(lang, "zh") {
		return w.ZH
	}
	return w.EN
}

// Table is a list that somebody wrote in a spreadsheet: a row of headings, and
// rows that hold something. Its rows are numbered as the spreadsheet shows them.
type Table struct {
	Head []string
	Rows []TableRow
}

// TableRow is one row; it may have fewer cells than there are headings.
type TableRow struct {
	Number int
	Cells  []Cell
}

// Cell is one cell. Number tells that the spreadsheet holds a number there, in
// full, however it shows it; what a text looks like is all that there is of it.
type Cell struct {
	Text   string
	Number bool
}

// TableFault is one thing that is wrong in a table: where, with which value, and
// what helps. Row 0 is the table as a whole.
type TableFault struct {
	Row             int
	Column          string
	Value           string
	Message, Remedy Words
}

// Where says the place of the fault.
func (f TableFault) Where(lang string) string {
	switch {
	case f.Row == 0:
		return f.Column
	case f.Column == "":
		return Words{fmt.Sprintf("第 %d 行", f.Row), fmt.Sprintf("row %d", f.Row)}.In(lang)
	}
	return Words{fmt.Sprintf("第 %d 行「%s」", f.Row, f.Column), fmt.Sprintf("row %d, %s", f.Row, f.Column)}.In(lang)
}

// TableError is everything that is wrong in a table, so that it is mended in one
// go. Nothing of the table was taken.
type TableError struct {
	Kind   ErrorKind // Invalid, or Forbidden
	Faults []TableFault
	// Lang is the language in which it is read.
	Lang string
}

func (e *TableError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		one := Error{Field: f.Where(e.Lang), Value: f.Value, Message: f.Message, Remedy: f.Remedy}
		lines[i] = one.In(e.Lang)
	}
	return strings.Join(lines, "\n")
}

// Refuse notes a row that may not be taken, with the reason that May gives; it
// tells whether there is one.
func (e *TableError) Refuse(row int, value, zh string, reason error) bool {
	if reason == nil {
		return false
	}
	f := TableFault{Row: row, Value: value, Message: Words{zh, reason.Error()}, Remedy: Words{"去掉这一行，或请县里导入", "take the row out"}}
	if r, ok := reason.(*Error); ok {
		f.Message.EN, f.Remedy.EN = r.Message.EN, r.Remedy.EN
	}
	e.Faults = append(e.Faults, f)
	return true
}

// Any is the error, nil if there is nothing in it.
func (e *TableError) Any() error {
	if len(e.Faults) == 0 {
		return nil
	}
	return e
}

// column is what a table may have in a column: its name for faults, and the
// headings by which it is known, in either language.
type column struct {
	name  Words
	heads string // separated by spaces, as tidyHead leaves them
}

// reading walks through a table by the columns that are known.
type reading struct {
	table   Table
	lang    string
	columns map[string]column
	at      map[string]int // column's key to its place
	ignored []string
	faults  []TableFault
}

// read finds the columns of a table. Headings that nobody knows are noted, and
// their columns are not read.
func read(t Table, lang string, columns map[string]column) *reading {
	r := &reading{table: t, lang: lang, columns: columns, at: map[string]int{}}
	known := map[string]string{}
	for key, c := range columns {
		for head := range strings.FieldsSeq(c.heads) {
			known[head] = key
		}
	}
	for i, head := range t.Head {
		key, ok := known[tidyHead(head)]
		if !ok {
			if head != "" {
				r.ignored = append(r.ignored, head)
			}
			continue
		}
		if before, twice := r.at[key]; twice {
			r.fault(0, key, head, Words{"和「" + t.Head[before] + "」是同一项", "is the same as the column " + t.Head[before]}, Words{"只留一列", "keep one of them"})
			continue
		}
		r.at[key] = i
	}
	return r
}

// need wants columns to be there, any one of each list.
func (r *reading) need(lists ...[]string) {
	for _, any := range lists {
		found := false
		for _, key := range any {
			_, ok := r.at[key]
			found = found || ok
		}
		if !found {
			name := r.columns[any[0]].name
			r.fault(0, "", "", Words{"没有「" + name.ZH + "」这一列", "there is no column " + name.EN},
				Words{"第一行写上列名，其中要有「" + name.ZH + "」", "give the columns' names in the first row, this one among them"})
		}
	}
}

// cell is the cell of a column, empty if there is none.
func (r *reading) cell(row TableRow, key string) Cell {
	i, ok := r.at[key]
	if !ok || i >= len(row.Cells) {
		return Cell{}
	}
	c := row.Cells[i]
	c.Text = strings.TrimSpace(c.Text)
	return c
}

func (r *reading) text(row TableRow, key string) string { return r.cell(row, key).Text }

// ids are those that stand in the table.
func (r *reading) ids() map[string]bool {
	out := map[string]bool{}
	for _, row := range r.table.Rows {
		out[strings.ToLower(narrow(r.text(row, "id")))] = true
	}
	return out
}

// fault notes one; a column is said as its heading is.
func (r *reading) fault(row int, key, value string, message, remedy Words) {
	head := r.columns[key].name.In(r.lang)
	if i, ok := r.at[key]; ok {
		head = r.table.Head[i]
	}
	r.faults = append(r.faults, TableFault{Row: row, Column: head, Value: value, Message: message, Remedy: remedy})
}

// refuse notes what the domain says against a row, in its own words.
func (r *reading) refuse(row int, err error) {
	f := TableFault{Row: row, Message: Words{err.Error(), err.Error()}}
	if e, ok := err.(*Error); ok {
		f.Column, f.Value, f.Message, f.Remedy = e.Field, e.Value, e.Message, e.Remedy
	}
	r.faults = append(r.faults, f)
}

// err is everything that was noted, nil if nothing was.
func (r *reading) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return &TableError{Kind: Invalid, Faults: r.faults, Lang: r.lang}
}

// tidyHead is a heading without what does not tell headings apart: case, spaces,
// marks, and what stands in brackets.
func tidyHead(head string) string {
	head, _, _ = strings.Cut(strings.NewReplacer("（", "(", "【", "(", "[", "(").Replace(head), "(")
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \u00a0\u3000\t\r\n*＊:：_-.", c) {
			return -1
		}
		return c
	}, strings.ToLower(head))
}
