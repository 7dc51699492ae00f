package scheduler_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/villagecast/villagecast/scheduler"
)

// TestEverySentenceExistsInBothLanguages reads the whole source: whoever writes
// Words in English writes them in Chinese too, in this order.
func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	found := 0
	for _, top := range []string{".", "../cmd"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.CompositeLit); ok && isWords(lit.Type) && len(lit.Elts) > 0 {
					found++
					if len(lit.Elts) < 2 || written(lit.Elts[1]) != "" && !strings.ContainsFunc(written(lit.Elts[0]), chinese) {
						t.Errorf("%s: there is no Chinese", files.Position(n.Pos()))
					}
				}
				if what := missed(n); what != "" && scheduler.Noun(what).ZH == what {
					t.Errorf("%s: there is no Chinese for %q", files.Position(n.Pos()), what)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 300 {
		t.Errorf("only %d sentences were found", found)
	}
}

// missed is the thing of which a call says that it does not exist or is in use.
func missed(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if name != "Missing" && name != "unused" {
		return ""
	}
	return written(call.Args[0])
}

// chinese tells Chinese characters, and the marks between them.
func chinese(r rune) bool { return r >= '、' }

func isWords(typ ast.Expr) bool {
	switch x := typ.(type) {
	case *ast.Ident:
		return x.Name == "Words"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Words"
	}
	return false
}

// written is what stands in an expression in quotation marks.
func written(e ast.Expr) (all string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value) // the parser has taken it
			all += s
		}
		return true
	})
	return all
}
