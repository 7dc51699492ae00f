package sheet

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/villagecast/villagecast/scheduler"
)

// A small file can unpack to any size: this much is unpacked, in bytes.
const (
	maxUnpacked = 64 << 20
	maxPart     = 32 << 20
)

// workbook reads the first sheet of an XLSX file that is shown. Numbers come as
// they are held, not as they are shown.
func workbook(data []byte) (t scheduler.Table, fault *scheduler.TableFault) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart})
	if err != nil {
		return t, broken(err)
	}
	defer f.Close()
	for _, name := range f.GetSheetList() {
		if shown, err := f.GetSheetVisible(name); err == nil && !shown {
			continue
		}
		rows, err := f.Rows(name)
		if err != nil {
			return t, broken(err)
		}
		for n := 1; rows.Next() && len(t.Rows) <= maxRows; n++ {
			values, err := rows.Columns()
			if err != nil {
				return t, broken(err)
			}
			cells := make([]scheduler.Cell, min(len(values), maxColumns+1))
			for i := range cells {
				cells[i] = scheduler.Cell{Text: values[i], Number: number(f, name, values[i], i+1, n)}
			}
			add(&t, n, cells)
		}
		if err := rows.Error(); err != nil {
			return t, broken(err)
		}
		if t.Head != nil {
			break
		}
	}
	return t, nil
}

// number tells whether a cell holds a number. Only of those in another form than
// plain digits it matters, and only those are looked up: it takes long.
func number(f *excelize.File, sheet, value string, column, row int) bool {
	if !strings.ContainsAny(value, ".eE") {
		return false
	}
	if _, err := strconv.ParseFloat(value, 64); err != nil {
		return false
	}
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return false
	}
	kind, err := f.GetCellType(sheet, at)
	return err == nil && (kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset)
}
