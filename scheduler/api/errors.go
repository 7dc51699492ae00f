package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// statusOf maps each kind of error to HTTP, once.
var statusOf = map[scheduler.ErrorKind]int{
	scheduler.Invalid:      http.StatusUnprocessableEntity,
	scheduler.NotFound:     http.StatusNotFound,
	scheduler.Conflict:     http.StatusConflict,
	scheduler.Stale:        http.StatusPreconditionFailed,
	scheduler.Unauthorized: http.StatusUnauthorized,
	scheduler.Forbidden:    http.StatusForbidden,
	scheduler.TooLarge:     http.StatusRequestEntityTooLarge,
	scheduler.Full:         http.StatusInsufficientStorage,
	scheduler.Unavailable:  http.StatusServiceUnavailable,
}

// problem is an error answer (RFC 9457).
type problem struct{ client.Problem }

func (p *problem) Error() string                       { return p.Title }
func (p *problem) GetStatus() int                      { return p.Status }
func (p *problem) ContentType(string) string           { return "application/problem+json" }
func (p *problem) MarshalJSON() ([]byte, error)        { return json.Marshal(p.Problem) }
func (p *problem) Schema(r huma.Registry) *huma.Schema { return r.Schema(problemType, true, "Problem") }

// fail turns an error into its answer. An error that is no *scheduler.Error is
// internal: it is logged, and the answer tells nothing of it.
func (s *server) fail(err error) error {
	return s.problemOf(err)
}

func (s *server) problemOf(err error) *problem {
	if t, ok := errors.AsType[*scheduler.TableError](err); ok {
		return tableProblem(t)
	}
	e, ok := asError(err)
	if !ok {
		s.Logger.Error("internal error", "component", "api", "err", err)
		return &problem{client.Problem{Title: "Internal error", Status: http.StatusInternalServerError, Code: "internal",
			Detail: "Something went wrong in the centre. It is written in its log; try again, and tell the administrator if it stays."}}
	}
	status := statusOf[e.Kind]
	return &problem{client.Problem{
		Title: http.StatusText(status), Status: status, Code: string(e.Kind), Detail: e.Error(),
		Errors: []client.ProblemField{{Field: e.Field, Value: e.Value, Message: e.Message, Remedy: e.Remedy}},
	}}
}

// tableProblem names every fault of a table, by row and column.
func tableProblem(t *scheduler.TableError) *problem {
	fields := make([]client.ProblemField, len(t.Faults))
	for i, f := range t.Faults {
		fields[i] = client.ProblemField{Field: f.Where(t.Lang), Value: f.Value, Message: f.Message.In(t.Lang), Remedy: f.Remedy.In(t.Lang)}
	}
	p := rejected(statusOf[t.Kind], fields...)
	p.Code = string(t.Kind)
	return p
}

func (s *server) writeProblem(w http.ResponseWriter, err error) { s.write(w, s.problemOf(err)) }

func (s *server) write(w http.ResponseWriter, p *problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

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
func rejected(status int, fields ...client.ProblemField) *problem {
	p := &problem{client.Problem{Title: http.StatusText(status), Status: status, Code: string(codeOf(status)), Errors: fields}}
	lines := make([]string, len(fields))
	for i, f := range fields {
		lines[i] = f.String()
	}
	p.Detail = strings.Join(lines, "\n")
	return p
}

// undecoded is the answer to a request that could not be decoded, or does not
// keep to its schema.
func undecoded(status int, message string, errs []error) *problem {
	switch {
	case status >= 500:
		return &problem{client.Problem{Title: "Internal error", Status: status, Code: "internal"}}
	case status == http.StatusRequestEntityTooLarge:
		return rejected(status, client.ProblemField{Field: "body", Message: "is too large", Remedy: "send 1 MiB at most; audio goes to " + client.Prefix + "/uploads"})
	case status == http.StatusUnsupportedMediaType:
		return rejected(status, client.ProblemField{Field: "Content-Type", Message: "is none that can be read here", Remedy: "send application/json"})
	}
	var fields []client.ProblemField
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			fields = append(fields, fault(d.ErrorDetail()))
		}
	}
	// huma finds faults in the order of a map: the same request gets the same answer.
	slices.SortStableFunc(fields, func(a, b client.ProblemField) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
	})
	if len(fields) == 0 {
		fields = []client.ProblemField{{Field: "body", Message: message, Remedy: "send what " + client.Prefix + "/openapi.yaml describes"}}
	}
	return rejected(status, fields...)
}

// fault says one fault that huma found. Only a plain value is said back: a whole
// body may hold anything.
func fault(d *huma.ErrorDetail) client.ProblemField {
	f := client.ProblemField{Field: d.Location, Message: d.Message, Remedy: "send what " + client.Prefix + "/openapi.yaml describes"}
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
		f.Field, f.Message, f.Remedy = name, "is missing", "give it"
	case whole && strings.HasPrefix(d.Message, "expected "):
	case whole:
		f.Message, f.Remedy = "is no JSON that can be read", "send one JSON object in UTF-8"
	case among:
		f.Message, f.Remedy = "is none of the possible values", "use one of: "+strings.Trim(choice, `"`)
	case strings.HasPrefix(d.Message, "expected number "), strings.HasPrefix(d.Message, "expected length "):
		f.Remedy = "keep to that limit"
	case d.Message == "unexpected property":
		f.Message, f.Remedy = "this name is not known here", "leave it out, or correct it: the names are in "+client.Prefix+"/openapi.yaml"
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
