package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/villagecast/villagecast/scheduler"
)

func shown(t scheduler.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(t.Head, "|"))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "%d", r.Number)
		for _, c := range r.Cells {
			fmt.Fprintf(&b, " %s", c.Text)
			if c.Number {
				b.WriteString("#")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func encoded(t *testing.T, e encoding.Encoding, s string) []byte {
	t.Helper()
	out, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestText reads the same list in every form in which it comes.
func TestText(t *testing.T) {
	const want = "姓名|角色|村\n2 张三 村管理员 东塘村\n4 李四 维修员 柳树镇；“一”\n"
	const plain = "姓名,角色,村\r\n张三,村管理员,东塘村\r\n,,\r\n李四, 维修员,\"柳树镇；“一”\"\r\n"
	for name, data := range map[string][]byte{
		"UTF-8":             []byte(plain),
		"UTF-8 with a mark": []byte("\xef\xbb\xbf" + plain),
		"GBK":               encoded(t, simplifiedchinese.GBK, plain),
		"UTF-16":            encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plain),
		"semicolons":        []byte(strings.ReplaceAll(plain, ",", ";")),
		"tabs":              []byte(strings.ReplaceAll(strings.ReplaceAll(plain, ", ", ","), ",", "\t")),
		"Unix lines":        []byte(strings.ReplaceAll(plain, "\r", "")),
	} {
		table, err := Read(data, "en")
		if got := strings.ReplaceAll(shown(table), "\t", ""); err != nil || got != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	table, err := Read([]byte("sep=;\nname;role\nZhang, San;crew\n"), "en")
	if err != nil || shown(table) != "name|role\n3 Zhang, San crew\n" {
		t.Errorf("with its separator said: %v\n%s", err, shown(table))
	}
}

// TestRefusals are said with what to do, and never as a fault of ours.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":     {nil, "文件是空的；保存后再试"},
		"old Excel":   {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "这是旧格式（.xls）或加了密码的文件；去掉密码，另存为 .xlsx 或 CSV"},
		"a picture":   {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff"), "读不出文字：既不是 UTF-8 也不是 GBK；另存为 .xlsx，或“CSV UTF-8”"},
		"a quote":     {[]byte("姓名,角色\n张三,\"crew\n李四,crew\n"), "第 2 行: 引号没有成对；去掉这一行里的引号，或用表格软件重新存一次"},
		"half a zip":  {[]byte("PK\x03\x04 and then nothing"), "打不开这个表格文件；用表格软件打开，另存为 .xlsx 再试"},
		"a long cell": {[]byte("a,b\n" + strings.Repeat("x", 3000) + ",1\n"), "第 2 行: 有一格太长；一格最多 2000 字节"},
		"too many":    {[]byte("a,b\n" + strings.Repeat("1,2\n", 20_001)), "表太大；最多 20000 行、100 列，分成几份"},
	} {
		if table, err := Read(c.data, "zh-CN"); err == nil || err.Error() != c.want || table.Rows != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// workbookOf writes a spreadsheet as an office would.
func workbookOf(t testing.TB, rows [][]any, change func(*excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(f)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWorkbook: codes come as they are held, though the sheet shows 5.3E+11.
func TestWorkbook(t *testing.T) {
	data := workbookOf(t, [][]any{{"人员名单"[:0]}, {"姓名", "区划代码", "音量"}, {"张三", 532301001200, 80}, {}, {"李四", 5.32301001200e11, 0.5}, {"王五", "532301001200"}, {"赵六", "5.3E+11"}},
		func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{NumFmt: 11}) // 0.00E+00
			if err == nil {
				err = f.SetCellStyle("Sheet1", "B3", "B5", style)
			}
			if err == nil {
				_, err = f.NewSheet("第二张")
			}
			if err == nil {
				err = f.SetCellStr("第二张", "A1", "not this")
			}
			if err != nil {
				t.Fatal(err)
			}
			if shown, _ := f.GetCellValue("Sheet1", "B3"); shown != "5.32E+11" {
				t.Fatalf("the sheet shows %s: the test is none", shown)
			}
		})
	table, err := Read(data, "en")
	if got := shown(table); err != nil || got != "姓名|区划代码|音量\n3 张三 532301001200 80\n5 李四 532301001200 0.5#\n6 王五 532301001200\n7 赵六 5.3E+11\n" {
		t.Errorf("%v\n%s", err, got)
	}
	// As another program writes it: the number itself in scientific notation.
	data = rewritten(t, data, "532301001200</v>", "5.323010012E11</v>")
	table, err = Read(data, "en")
	if err != nil || !table.Rows[0].Cells[1].Number || table.Rows[0].Cells[1].Text != "5.323010012E11" {
		t.Errorf("%v\n%s", err, shown(table))
	}
}

// rewritten changes the first sheet of a workbook as text.
func rewritten(t *testing.T, data []byte, old, replacement string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		w, err2 := out.Create(f.Name)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if strings.HasSuffix(f.Name, "sheet1.xml") {
			if !bytes.Contains(text, []byte(old)) {
				t.Fatalf("the sheet does not hold %s:\n%.900s", old, text)
			}
			text = bytes.ReplaceAll(text, []byte(old), []byte(replacement))
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestABomb: a small file that unpacks without end is refused before it does.
func TestABomb(t *testing.T) {
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		w, err := out.Create(name)
		for range 25 { // 75 MB in all
			if err == nil {
				_, err = w.Write(make([]byte, 1<<20))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(buf.Bytes(), "zh-CN"); buf.Len() > 2<<20 || err == nil || !strings.Contains(err.Error(), "打不开") {
		t.Errorf("%d bytes: %v", buf.Len(), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("姓名,角色\n张三,\"村管理员\"\n"))
	f.Add([]byte("sep=;\na;b\n"))
	f.Add([]byte("\xff\xfea\x00,\x00"))
	f.Add([]byte("\xd0\xd5\xc3\xfb,\xbd\xc7\xc9\xab\n"))
	f.Add(workbookOf(f, [][]any{{"a", "b"}, {1, "x"}}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read(data, "en")
		if err == nil && len(table.Rows) > maxRows {
			t.Errorf("%d rows", len(table.Rows))
		}
	})
}
