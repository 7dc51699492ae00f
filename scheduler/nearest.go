package scheduler

import (
	"fmt"
	"strings"
)

// Nearest is the candidate most like word, or "" if none is like it: one that
// differs by letter case alone, begins with it, or is at most a third of its
// length in edits away.
func Nearest(word string, candidates []string) string {
	best, least := "", len([]rune(word))/3+2
	low := strings.ToLower(word)
	for _, c := range candidates {
		d := distance(low, strings.ToLower(c), least)
		if d > 1 && len(low) >= 3 && strings.HasPrefix(strings.ToLower(c), low) {
			d = 1
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make b of a, or limit if it is not below that.
func distance(as, bs string, limit int) int {
	a, b := []rune(as), []rune(bs)
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return min(row[len(b)], limit)
}

// unknown is the error for an id that does not exist.
func unknown(field, what, id string, all func() []string) error {
	e := &Error{Kind: Invalid, Field: field, Value: id, Message: none(what)}
	var ids []string
	if all != nil {
		ids = all()
	}
	switch near := Nearest(id, ids); {
	case near != "":
		e.Remedy = nearest(near)
	case len(ids) == 0:
		e.Remedy = Words{"还一个都没有：先添加" + Noun(what).ZH, "there is none yet: add a " + what + " first"}
	default:
		e.Remedy = Words{"看看列表里有哪些，或先添加这个" + Noun(what).ZH, "list what there is, or add this " + what + " first"}
	}
	return e
}

// Missing is the error for a thing that was asked for by an id that does not
// exist; all gives the ids that do.
func Missing(what, id string, all func() []string) *Error {
	e := &Error{Kind: NotFound, Field: "id", Value: id, Message: none(what), Remedy: Words{"看看列表里有哪些", "list what there is"}}
	if all != nil {
		if near := Nearest(id, all()); near != "" {
			e.Remedy = nearest(near)
		}
	}
	return e
}

// none says that there is no such thing.
func none(what string) Words {
	return Words{"没有这个编号的" + Noun(what).ZH, "there is no " + what + " with this id"}
}

func nearest(near string) Words {
	return Words{"最接近的是“" + near + "”", fmt.Sprintf("the nearest is %q", near)}
}

func invalid(field, value string, message, remedy Words) error {
	if r := []rune(value); len(r) > 60 {
		value = string(r[:60]) + "…"
	}
	return &Error{Kind: Invalid, Field: field, Value: value, Message: message, Remedy: remedy}
}

func conflict(field, value string, message, remedy Words) error {
	return &Error{Kind: Conflict, Field: field, Value: value, Message: message, Remedy: remedy}
}

// word checks a value against the words allowed.
func word[T ~string](field string, given T, allowed ...T) error {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		if a == given {
			return nil
		}
		names[i] = string(a)
	}
	remedy := Words{"从这些里选：" + strings.Join(names, "、"), "use one of " + strings.Join(names, ", ")}
	if near := Nearest(string(given), names); near != "" {
		remedy = nearest(near)
	}
	return invalid(field, string(given), Words{"不认识这个词", "this word is not known here"}, remedy)
}

// between checks a number.
func between(field string, given, low, high int) error {
	if given >= low && given <= high {
		return nil
	}
	return invalid(field, fmt.Sprint(given), Words{"超出范围", "out of range"}, Words{fmt.Sprintf("写 %d 到 %d", low, high), fmt.Sprintf("use %d to %d", low, high)})
}

// first is the first error, or nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
