package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Prefix is the path under which the API stands.
const Prefix = "/api/v1"

// Client speaks to one centre. Its zero value is not usable: fill Base.
type Client struct {
	// Base is the address of the centre, such as http://127.0.0.1:8470.
	Base string
	// Token is sent as a bearer token.
	Token string
	// Language of sentences in answers: zh-CN or en.
	Language string
	// HTTP is used for every call; http.DefaultClient if nil.
	HTTP *http.Client
}

// Error is an answer of the centre that says no.
type Error struct {
	Problem
}

// Error is what the centre said, in the language that was asked for.
func (e *Error) Error() string { return cmp.Or(e.Detail, e.faults(), e.Title) }

func (e *Error) faults() string {
	lines := make([]string, len(e.Errors))
	for i, f := range e.Errors {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// String says what is wrong with one input, and what helps.
func (f ProblemField) String() string {
	s := f.Message
	if f.Field != "" {
		s = f.Field + ": " + s
	}
	if f.Value != "" {
		s += fmt.Sprintf(" (given: %q)", f.Value)
	}
	if f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

// ErrUnreachable says that nobody answers at the centre's address.
var ErrUnreachable = errors.New("the centre does not answer")

func (c *Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

// call is one request; its answer is decoded into out, unless out is nil.
type call struct {
	method string
	path   string
	query  url.Values
	body   any
	out    any
}

// do makes a request. One that makes something carries an idempotency key, so
// that it may be repeated when the link broke before the answer came; where the
// centre is still at work on it, its answer is waited for.
func (c *Client) do(ctx context.Context, k call) (err error) {
	var body []byte
	if k.body != nil {
		if body, err = json.Marshal(k.body); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	key := ""
	if k.method == http.MethodPost {
		key = rand.Text()
	}
	begun, lost := time.Now(), 0
	for {
		err = c.once(ctx, k, body, key)
		wait := time.Second
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, ErrUnreachable) && lost < 2:
			lost++
			wait = time.Duration(lost) * 200 * time.Millisecond
		case !underWay(err) || time.Since(begun) > patience:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// underWay tells that the centre is still at work on the first try of a request
// whose answer was lost.
func underWay(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusConflict && len(e.Errors) == 1 && e.Errors[0].Field == "Idempotency-Key"
}

func (c *Client) once(ctx context.Context, k call, body []byte, key string) error {
	req, err := c.request(ctx, k.method, k.path, k.query, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.send(req)
	if err != nil {
		return err
	}
	defer drain(res.Body)
	if k.out == nil {
		return nil
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%w: the answer of %s %s broke off: %w", ErrUnreachable, k.method, k.path, err)
	}
	if err := json.Unmarshal(text, k.out); err != nil {
		return fmt.Errorf("decode answer of %s %s: %w", k.method, k.path, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	address := strings.TrimSuffix(c.Base, "/") + Prefix + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Language != "" {
		req.Header.Set("Accept-Language", c.Language)
	}
	return req, nil
}

// send returns an answer of the 2xx kind, or the error that it holds.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	res, err := c.http().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrUnreachable, c.Base, err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer drain(res.Body)
	e := &Error{}
	text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if json.Unmarshal(text, &e.Problem) != nil || e.Title == "" {
		e.Problem = Problem{Title: http.StatusText(res.StatusCode), Detail: strings.TrimSpace(string(text))}
	}
	e.Status = res.StatusCode
	return nil, e
}

func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 1<<16))
	_ = body.Close()
}

// list walks all pages of a list.
func list[T any](ctx context.Context, c *Client, path string, query url.Values) ([]T, error) {
	all := []T{}
	if query == nil {
		query = url.Values{}
	}
	for {
		var page Page[T]
		if err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, out: &page}); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	var out T
	err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, out: &out})
	return out, err
}

func send[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var out T
	err := c.do(ctx, call{method: method, path: path, body: body, out: &out})
	return out, err
}

func id(s string) string { return "/" + url.PathEscape(s) }
