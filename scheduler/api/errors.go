package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
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

// titleOf says each kind in a word or two.
var titleOf = map[scheduler.ErrorKind]scheduler.Words{
	scheduler.Invalid:      {ZH: "填写有误", EN: "Invalid input"},
	scheduler.NotFound:     {ZH: "没有找到", EN: "Not found"},
	scheduler.Conflict:     {ZH: "与现状冲突", EN: "Conflict"},
	scheduler.Stale:        {ZH: "已被别人改过", EN: "Changed meanwhile"},
	scheduler.Unauthorized: {ZH: "请先登录", EN: "Not signed in"},
	scheduler.Forbidden:    {ZH: "没有权限", EN: "Not allowed"},
	scheduler.TooLarge:     {ZH: "太大", EN: "Too large"},
	scheduler.Full:         {ZH: "磁盘已满", EN: "Disk full"},
	scheduler.Unavailable:  {ZH: "暂时做不了", EN: "Unavailable"},
	internal:               {ZH: "中心内部出错", EN: "Internal error"},
}

// internal is the code of whatever is no *scheduler.Error.
const internal scheduler.ErrorKind = "internal"

// problem is an error answer (RFC 9457) before it is known who reads it.
type problem struct {
	status int
	kind   scheduler.ErrorKind
	faults []scheduler.Error // their Field, Value, Message and Remedy
}

func (p *problem) Error() string             { return p.in("en").Detail }
func (p *problem) GetStatus() int            { return p.status }
func (p *problem) ContentType(string) string { return problemContent }
func (p *problem) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[client.Problem](), true, "Problem")
}

const problemContent = "application/problem+json"

// in is the answer in a language, as Accept-Language names it. The sentences of
// all faults stand in the detail, each on a line.
func (p *problem) in(lang string) client.Problem {
	out := client.Problem{Title: titleOf[p.kind].In(lang), Status: p.status, Code: string(p.kind), Errors: []client.ProblemField{}}
	var lines []string
	for _, f := range p.faults {
		lines = append(lines, f.In(lang))
		if p.kind != internal {
			out.Errors = append(out.Errors, client.ProblemField{Field: f.Field, Value: f.Value, Message: f.Message.In(lang), Remedy: f.Remedy.In(lang)})
		}
	}
	out.Detail = strings.Join(lines, "\n")
	return out
}

// translate gives an error answer the language of its reader.
func translate(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*problem); ok {
		return p.in(ctx.Header("Accept-Language")), nil
	}
	return v, nil
}

// problemOf turns an error into its answer. An error that is no *scheduler.Error
// is internal: it is logged, and the answer tells nothing of it.
func (s *server) problemOf(err error) *problem {
	if t, ok := errors.AsType[*scheduler.TableError](err); ok {
		return tableProblem(t)
	}
	e, ok := asError(err)
	if !ok {
		s.Logger.Error("internal error", "component", "api", "err", err)
		return failure()
	}
	return &problem{status: statusOf[e.Kind], kind: e.Kind, faults: []scheduler.Error{*e}}
}

// failure is the answer where the centre itself failed.
func failure() *problem {
	return &problem{status: http.StatusInternalServerError, kind: internal, faults: []scheduler.Error{{
		Message: scheduler.Words{ZH: "中心出了错，已写进它的日志", EN: "something went wrong in the centre, and is written in its log"},
		Remedy:  scheduler.Words{ZH: "再试一次；还不行就告诉管理员", EN: "try again, and tell the administrator if it stays"},
	}}}
}

// tableProblem names every fault of a table, by row and column.
func tableProblem(t *scheduler.TableError) *problem {
	p := &problem{status: statusOf[t.Kind], kind: t.Kind}
	for _, f := range t.Faults {
		p.faults = append(p.faults, scheduler.Error{Field: f.Where(t.Lang), Value: f.Value, Message: f.Message, Remedy: f.Remedy})
	}
	return p
}

// fail answers a request that reached no route.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.problemOf(err).write(w, r.Header.Get("Accept-Language"))
}

func (p *problem) write(w http.ResponseWriter, lang string) {
	w.Header().Set("Content-Type", problemContent)
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(p.in(lang))
}
