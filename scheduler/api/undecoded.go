package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// init gives huma our one error body: it keeps its maker of errors in a
// variable of the package.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return undecoded(status, message, errs)
	}
}

// codeOf is the kind of an answer that no *scheduler.Error made.
func codeOf(status int) scheduler.ErrorKind {
	for kind, s := range statusOf {
		if s == status {
			return kind
		}
	}
	return scheduler.Invalid
}

// rejected is the answer to a request that no handler saw.
func rejected(status int, faults ...scheduler.Error) *problem {
	return &problem{status: status, kind: codeOf(status), faults: faults}
}

// undecoded is the answer to a request that could not be decoded, or does not
// keep to its schema.
func undecoded(status int, message string, errs []error) *problem {
	switch {
	case status >= 500:
		return failure()
	case status == http.StatusRequestEntityTooLarge:
		return rejected(status, scheduler.Error{Field: "body", Message: scheduler.Words{ZH: "太大", EN: "is too large"},
			Remedy: scheduler.Words{ZH: "最多 1 MiB；音频请传到 " + client.Prefix + "/uploads", EN: "send 1 MiB at most; audio goes to " + client.Prefix + "/uploads"}})
	case status == http.StatusUnsupportedMediaType:
		return rejected(status, scheduler.Error{Field: "Content-Type", Message: scheduler.Words{ZH: "不是这里能读的格式", EN: "is none that can be read here"},
			Remedy: scheduler.Words{ZH: "用 application/json", EN: "send application/json"}})
	}
	var faults []scheduler.Error
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			faults = append(faults, faultOf(d.ErrorDetail()))
		}
	}
	// huma finds faults in the order of a map: the same request gets the same answer.
	slices.SortStableFunc(faults, func(a, b scheduler.Error) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message.EN, b.Message.EN))
	})
	if len(faults) == 0 {
		faults = []scheduler.Error{{Field: "body", Message: scheduler.Words{ZH: "读不了：" + message, EN: message}, Remedy: asDescribed}}
	}
	return rejected(status, faults...)
}

var asDescribed = scheduler.Words{ZH: "按 " + client.Prefix + "/openapi.yaml 里写的来填", EN: "send what " + client.Prefix + "/openapi.yaml describes"}

// faultOf says one fault that huma found. Only a plain value is said back: a
// whole body may hold anything.
func faultOf(d *huma.ErrorDetail) scheduler.Error {
	f := scheduler.Error{Field: d.Location, Message: scheduler.Words{ZH: "不合要求（" + d.Message + "）", EN: d.Message}, Remedy: asDescribed}
	for _, part := range []string{"body.", "query.", "path.", "header."} {
		f.Field = strings.TrimPrefix(f.Field, part)
	}
	whole := f.Field == "body"
	name, absent := strings.CutPrefix(d.Message, "expected required property ")
	choice, among := strings.CutPrefix(d.Message, "expected value to be one of ")
	switch {
	case absent:
		if name, _, _ = strings.Cut(name, " "); !whole {
			name = f.Field + "." + name
		}
		f.Field, f.Message, f.Remedy = name, scheduler.Words{ZH: "没有填", EN: "is missing"}, scheduler.Words{ZH: "请填上", EN: "give it"}
	case whole && strings.HasPrefix(d.Message, "expected "):
	case whole:
		f.Message, f.Remedy = scheduler.Words{ZH: "不是能读的 JSON", EN: "is no JSON that can be read"},
			scheduler.Words{ZH: "发一个 UTF-8 的 JSON 对象", EN: "send one JSON object in UTF-8"}
	case among:
		choice = strings.Trim(choice, `"`)
		f.Message, f.Remedy = scheduler.Words{ZH: "不在可选的值里", EN: "is none of the possible values"},
			scheduler.Words{ZH: "从这些里选：" + choice, EN: "use one of: " + choice}
	case d.Message == "unexpected property":
		f.Message = scheduler.Words{ZH: "没有这个字段", EN: "this name is not known here"}
		f.Remedy = scheduler.Words{ZH: "去掉它，或改正：字段名见 " + client.Prefix + "/openapi.yaml", EN: "leave it out, or correct it: the names are in " + client.Prefix + "/openapi.yaml"}
	}
	if in, ok := inWords(d.Message); ok {
		f.Message, f.Remedy = in.fault, in.remedy
	}
	switch d.Value.(type) {
	case string, bool, float64, int64, int:
		if !whole && !secret(f.Field) {
			f.Value = cut(fmt.Sprint(d.Value), 80)
		}
	}
	return f
}

// secret tells whether a field's value must not be said back.
func secret(field string) bool {
	field = strings.ToLower(field)
	return strings.Contains(field, "secret") || strings.Contains(field, "password") || strings.Contains(field, "token") || strings.Contains(field, "authorization")
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
