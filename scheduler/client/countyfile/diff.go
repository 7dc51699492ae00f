package countyfile

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// differences says field by field what makes new out of old, such as
// "name: 东塘村 → 东塘新村".
func differences(old, new any) []string {
	var out []string
	walk("", normal(old), normal(new), &out)
	return out
}

func walk(path string, old, new any, out *[]string) {
	a, isA := old.(map[string]any)
	b, isB := new.(map[string]any)
	if (isA || old == nil) && (isB || new == nil) && (isA || isB) {
		keys := slices.Sorted(maps.Keys(a))
		for k := range maps.Keys(b) {
			if _, ok := a[k]; !ok {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			walk(strings.TrimPrefix(path+"."+k, "."), a[k], b[k], out)
		}
		return
	}
	if !reflect.DeepEqual(old, new) {
		*out = append(*out, path+": "+inWords(old)+" → "+inWords(new))
	}
}

// inWords is a value as a person may read it, cut where it is long.
func inWords(v any) string {
	if v == nil {
		return "nothing"
	}
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		text = string(b)
	}
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}
