package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

func asError(err error) (*scheduler.Error, bool) { return errors.AsType[*scheduler.Error](err) }

// answer carries a body and, for one thing, its ETag.
type answer[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

type none struct{}

// byID is a request for one thing.
type byID struct {
	ID string `path:"id" maxLength:"80"`
}

// change is a request to make or change one thing.
type change[T any] struct {
	ID    string `path:"id" maxLength:"80"`
	Match string `header:"If-Match" doc:"ETag of what is to be changed: refused with 412 if someone else changed it meanwhile"`
	Body  T
}

// Paged is a request for a page of a list. Its name is exported because huma
// reads no embedded struct whose name is not.
type Paged struct {
	Cursor string `query:"cursor" doc:"Next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

func (p Paged) page() scheduler.Page { return scheduler.Page{After: p.Cursor, Limit: p.Limit} }

// route adds one route: what it is an act of, and where that takes place, stand
// in it, and are checked here and nowhere else. Errors become answers here too.
func route[I, O any](s *server, method, path, id, summary string, act scheduler.Act, where place[I], handle func(context.Context, *I) (*O, error)) {
	register(s, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary}, act, where, handle)
}

// register is route for an operation that says more of itself. Its path is
// without the prefix.
func register[I, O any](s *server, op huma.Operation, act scheduler.Act, where place[I], handle func(context.Context, *I) (*O, error)) {
	op.Tags = []string{strings.SplitN(strings.TrimPrefix(op.Path, "/"), "/", 2)[0]}
	op.Path = client.Prefix + op.Path
	// huma's 5 s would stay on the connection and end a slow handler's context.
	op.BodyReadTimeout = -1
	permit := permitting(s, op, act, where)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		err := permit(ctx, in)
		var out *O
		if err == nil {
			out, err = handle(ctx, in)
		}
		if err != nil {
			return nil, s.problemOf(err)
		}
		return out, nil
	})
}

// reply wraps one thing.
func reply[T any](v T) *answer[T] { return &answer[T]{Body: v} }

// versioned wraps one thing with its ETag.
func versioned[T any](v T, rev int64) *answer[T] {
	return &answer[T]{ETag: `"` + strconv.FormatInt(rev, 10) + `"`, Body: v}
}

// revision reads an If-Match: 0 where none is given.
func revision(match string) (int64, error) {
	if match == "" || match == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(match, `"`), 10, 64)
	if err != nil || n <= 0 {
		return 0, &scheduler.Error{Kind: scheduler.Invalid, Field: "If-Match", Value: match,
			Message: scheduler.Words{ZH: "不是这个接口给的 ETag", EN: "is no ETag of this API"},
			Remedy:  scheduler.Words{ZH: "发读取时一起给的 ETag", EN: "send the ETag that came with the thing"}}
	}
	return n, nil
}

// replaced is the revision that a change was made on. The id of its body is that of
// the path, or left out.
func replaced(match, path string, id *string) (int64, error) {
	rev, err := revision(match)
	if err == nil {
		err = same(path, id)
	}
	return rev, err
}

// same wants the id in the path and the one in the body to agree.
func same(path string, body *string) error {
	if *body == "" {
		*body = path
	}
	if *body != path {
		return &scheduler.Error{Kind: scheduler.Invalid, Field: "id", Value: *body,
			Message: scheduler.Words{ZH: "和地址里的编号 " + path + " 不一样", EN: "differs from the id in the address, " + path},
			Remedy:  scheduler.Words{ZH: "去掉它，或改成一样", EN: "leave it out, or make them equal"}}
	}
	return nil
}

// list wraps a page; an empty one is an empty list, never null.
func list[A, B any](items []A, next string, turn func(A) B) *answer[client.Page[B]] {
	page := client.Page[B]{Items: make([]B, 0, len(items)), Next: next}
	for _, it := range items {
		page.Items = append(page.Items, turn(it))
	}
	return reply(page)
}

const (
	methodGet    = http.MethodGet
	methodPut    = http.MethodPut
	methodPost   = http.MethodPost
	methodDelete = http.MethodDelete
)
