package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// TestWhatPeopleReadIsInBothLanguages reads the source of the commands: no word is
// printed, returned or kept to be printed that is not said in Chinese too, and what
// is said in Chinese is.
func TestWhatPeopleReadIsInBothLanguages(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Walk(reader{said: &said, wrong: func(n ast.Node, what string) { t.Errorf("%s: %s", files.Position(n.Pos()), what) }}, file)
	}
	if said < 600 {
		t.Errorf("only %d sentences were found", said)
	}
}

var (
	// saying are the calls that take Chinese and English; filling those of them
	// that fill the values after these into both.
	saying  = map[string]bool{"say": true, "tell": true, "row": true, "fact": true, "usage": true, "fault": true}
	filling = map[string]bool{"usage": true, "fault": true}
	// printing are the calls of which people read the arguments.
	printing = map[string]bool{"printf": true, "newTable": true, "add": true, "append": true, "dash": true, "Or": true, "many": true,
		"Print": true, "Println": true, "PrintErr": true, "PrintErrf": true, "Fprint": true, "Fprintf": true, "Fprintln": true, "Sprint": true, "Sprintf": true,
		"Errorf": true, "New": true}
	verb  = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d.]*[a-zA-Z]`)
	latin = regexp.MustCompile(`[A-Za-z]{2,}`)
	// asIs are names that are the same in every language.
	asIs = regexp.MustCompile(`^string$|villagecast\.db|\.(?:yaml|tar\.gz)$|villagecast(?: [a-z]+)*(?: FILE)?|--?[a-z]+(?:-[a-z]+)*|\b(?:unit/|town@liushu|root\.key|[a-z]+\.yaml|[a-z]+\.pem|LANG|VILLAGECAST_TOKEN|Mosquitto|MQTT|STOP|LED|JSON|dBFS|[KM]B|\d+[hm]|units claims?|y/N|debug|info|warn|error|2006-01-02T?[\d:.]*|zh-CN|en)\b`)
	// halfWidth are marks of Latin script in a Chinese sentence.
	halfWidth = regexp.MustCompile(`\p{Han}[,;:()?!]|[,;:()?!]\p{Han}|[,;] `)
)

// reader walks through a source file, and knows whether what it sees is printed.
type reader struct {
	printed bool
	// described says that it stands in the help, which names values and commands.
	described bool
	said      *int
	wrong     func(ast.Node, string)
}

// Visit is called for each node.
func (r reader) Visit(n ast.Node) ast.Visitor {
	in := func(printed bool) ast.Visitor { r.printed = printed; return r }
	switch x := n.(type) {
	case *ast.BasicLit:
		if text := quoted(x); r.printed && latin.MatchString(bare(text)) {
			r.wrong(x, "only in one language: "+text)
		}
	case *ast.CallExpr:
		name := called(x)
		if saying[name] && len(x.Args) >= 2 {
			*r.said++
			r.both(x, name)
			for _, more := range x.Args[2:] {
				ast.Walk(in(false), more)
			}
			return nil
		}
		if at := describing(x, name); at >= 0 {
			for i, a := range x.Args {
				r.described = i == at
				ast.Walk(in(i == at), a)
			}
			return nil
		}
		return in(printing[name])
	case *ast.KeyValueExpr:
		key, ok := x.Key.(*ast.Ident)
		r.described = ok && (key.Name == "Short" || key.Name == "Long")
		return in(r.described)
	case *ast.AssignStmt:
		for i, value := range x.Rhs {
			if kept, ok := x.Lhs[min(i, len(x.Lhs)-1)].(*ast.Ident); !ok || kept.Name != "en" { // zh stands beside it
				ast.Walk(in(true), value)
			}
		}
		return nil
	case *ast.ReturnStmt:
		return in(true)
	case *ast.BinaryExpr:
		return in(r.printed && x.Op == token.ADD)
	case *ast.FuncLit:
		r.described = false
		return in(false)
	case *ast.BlockStmt, *ast.CompositeLit, *ast.IndexExpr, *ast.CaseClause, *ast.GenDecl:
		return in(false)
	}
	return r
}

// describing is which argument of a call says in words what a command or one of
// its flags is for; -1 if none does.
func describing(call *ast.CallExpr, name string) int {
	switch {
	case name == "parent" || name == "importing":
		return 1
	case name == "query" || name == "removal" || name == "unitsCommanded" || name == "regrant":
		return 2
	case strings.HasSuffix(name, "Var") || strings.HasSuffix(name, "VarP"):
		return len(call.Args) - 1
	}
	return -1
}

// both looks at a sentence in Chinese and in English.
func (r reader) both(call *ast.CallExpr, name string) {
	zh, en := quoted(call.Args[0]), quoted(call.Args[1])
	switch {
	case slices.ContainsFunc(latin.FindAllString(bare(zh), -1), func(w string) bool { return !r.described || !strings.Contains(en, w) }):
		r.wrong(call, "Latin words in Chinese: "+zh)
	case latin.MatchString(bare(en)) && zh != "" && bare(zh) != "" && !strings.ContainsFunc(zh, func(c rune) bool { return c >= '、' }):
		r.wrong(call, "no Chinese: "+zh)
	case halfWidth.MatchString(bare(zh)):
		r.wrong(call, "Latin marks in Chinese: "+zh)
	case filling[name] && call.Ellipsis == 0 && (filled(zh) != len(call.Args)-2 || filled(en) != len(call.Args)-2):
		r.wrong(call, "it is given "+strconv.Itoa(len(call.Args)-2)+" values: "+zh+" | "+en)
	}
}

// bare is a text without verbs and names.
func bare(text string) string {
	return strings.TrimSpace(asIs.ReplaceAllString(verb.ReplaceAllString(text, "~"), "~"))
}

// filled is how many values a format takes.
func filled(format string) (most int) {
	next := 0
	for _, v := range verb.FindAllStringSubmatch(strings.ReplaceAll(format, "%%", ""), -1) {
		if next++; v[1] != "" {
			next, _ = strconv.Atoi(v[1])
		}
		most = max(most, next)
	}
	return most
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// quoted is what stands in an expression in quotation marks.
func quoted(e ast.Expr) (all string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if _, key := n.(*ast.IndexExpr); key {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value) // the parser has taken it
			all += s
		}
		return true
	})
	return all
}

// TestEveryWordHasChinese: of what the centre and its units answer with words of
// their own, none is shown as it stands.
func TestEveryWordHasChinese(t *testing.T) {
	known := func(list any, k string) bool {
		v := reflect.ValueOf(list)
		return v.MapIndex(reflect.ValueOf(k).Convert(v.Type().Key())).IsValid()
	}
	for _, of := range []struct {
		answer any
		field  string
		list   any
	}{
		{client.Presence{}, "Shows", shownWords}, {client.Presence{}, "Delivery", deliveryWords}, {client.Agreement{}, "State", deliveryWords}, {client.UnitDelivery{}, "State", deliveryWords},
		{client.AsRun{}, "Grade", gradeWords}, {client.Outage{}, "Kind", outageWords}, {client.Call{}, "Kind", outageWords}, {client.Clock{}, "State", clockWords},
		{client.Programme{}, "State", stateWords}, {client.Asset{}, "Kind", assetWords}, {client.TextSpec{}, "Effect", lookWords}, {client.TextSpec{}, "Color", lookWords},
		{client.Command{}, "State", commandWords}, {client.ImportedAs{}, "Change", tableWords},
	} {
		f, ok := reflect.TypeOf(of.answer).FieldByName(of.field)
		if !ok || f.Tag.Get("enum") == "" {
			t.Fatalf("%T.%s names no words", of.answer, of.field)
		}
		for _, k := range strings.Split(f.Tag.Get("enum"), ",") {
			if !known(of.list, k) {
				t.Errorf("%T.%s: there is no Chinese for %q", of.answer, of.field, k)
			}
		}
	}
	for _, o := range []wire.Output{wire.OutputSound, wire.OutputScreen} {
		if !known(outputWords, string(o)) {
			t.Errorf("there is no Chinese for the output %q", o)
		}
	}
	// Words that stand in the source of those who say them.
	for _, of := range []struct {
		files, expression string
		list              any
		least             int
	}{
		{"../../scheduler/store/*.go", `t\.(?:audit|changed|muted|excepts)\("([a-z ]+)"[,)]`, auditWords, 35},
		{"../../scheduler/store/*.go", `\bact :?= "([a-z ]+)"`, auditWords, 5},
		{"../../device/agent/*.go", `\bCode[A-Z]\w+ += "([a-z-]+)"`, conditionWords, 15},
		{"../../device/spool/*.go", `\bCode[A-Z]\w+ += "([a-z-]+)"`, conditionWords, 4},
		{"../../scheduler/flapping.go", `\bCondition[A-Z]\w+ += "([a-z-]+)"`, conditionWords, 2},
		{"../../device/wire/errors.go", `\bRefused[A-Z]\w+ += "([a-z-]+)"`, refusalWords, 9},
		{"../../device/wire/command.go", `\bCommand[A-Z]\w+ += "([a-z-]+)"`, commandWords, 3},
		{"doctor/words.go", `(?m)^\t"([a-z]+)\.[a-z]+":`, checkWords, 60},
	} {
		paths, err := filepath.Glob(of.files)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(of.expression).FindAllStringSubmatch(string(text), -1) {
				if found++; !known(of.list, m[1]) && !strings.HasSuffix(path, "_test.go") {
					t.Errorf("%s: there is no Chinese for %q", path, m[1])
				}
			}
		}
		if found < of.least {
			t.Errorf("%s: only %d words were found", of.files, found)
		}
	}
}
