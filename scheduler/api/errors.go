package api

import (
	"encoding/json"
	"fmt"
	"net/http"
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

func (s *server) writeProblem(w http.ResponseWriter, err error) {
	p := s.problemOf(err)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// init gives huma our one error body: it keeps its maker of errors in a
// variable of the package.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return decodeProblem(status, message, errs)
	}
}

// decodeProblem is the answer to a request that could not even be decoded.
func decodeProblem(status int, message string, errs []error) *problem {
	if status >= 500 {
		return &problem{client.Problem{Title: "Internal error", Status: status, Code: "internal"}}
	}
	p := &problem{client.Problem{Title: http.StatusText(status), Status: status, Code: string(scheduler.Invalid), Detail: message}}
	for _, err := range errs {
		f := client.ProblemField{Message: "cannot be read"}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			f.Field = strings.TrimPrefix(strings.TrimPrefix(detail.Location, "body."), "query.")
			f.Message = detail.Message
			if !secret(f.Field) && detail.Value != nil {
				f.Value = cut(fmt.Sprint(detail.Value), 80)
			}
		}
		f.Remedy = "see " + client.Prefix + "/openapi.yaml"
		p.Errors = append(p.Errors, f)
	}
	return p
}

// secret tells whether a field's value must not be said back.
func secret(field string) bool {
	return strings.Contains(field, "secret") || strings.Contains(field, "password") || strings.Contains(field, "token")
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
