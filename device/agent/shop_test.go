package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// answers is a server that answers the nth request (from 0) as it likes.
type answers func(n int, r *http.Request) *http.Response

// shop is a fetcher with a card in memory and a server made up by a test.
type shop struct {
	*fetcher
	mu       sync.Mutex
	requests []string // their ranges
	moved    int64    // bytes that came
}

func newShop(answer answers) *shop {
	s := &shop{}
	sp := spool.Open(spool.Memory())
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r.Header.Get("Range"))
		s.mu.Unlock()
		resp := answer(n, r)
		if resp == nil {
			return nil, errors.New("no route to host")
		}
		resp.Body = &counted{resp.Body, s}
		return resp, nil
	})}
	where := &endpoint{settings: Settings{HTTP: "http://centre.invalid", Fetch: 1_000_000}, http: client}
	clock := airtime.New(airtime.System{}, airtime.Kept{}, time.Time{})
	s.fetcher = &fetcher{
		centre: func() *endpoint { return where }, spool: sp, air: clock, cond: &conditions{now: time.Now, set: map[string]wire.Condition{}},
		log: slog.New(slog.DiscardHandler), view: func() *view { return compile(nil, nil, nil, nil) }, state: func() timetable.State { return timetable.State{} },
		isCut: func() bool { return false }, ready: func() {}, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		failed: map[media.Hash]failure{}, turns: map[media.Hash]turn{},
	}
	return s
}

// asked counts the requests.
func (s *shop) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type counted struct {
	io.ReadCloser
	shop *shop
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.shop.mu.Lock()
	c.shop.moved += int64(n)
	c.shop.mu.Unlock()
	return n, err
}

func fileOf(content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{hash: media.Hash(hex.EncodeToString(sum[:])), size: int64(len(content))}
}

// serve answers as a right server does, from content.
func serve(r *http.Request, content []byte) *http.Response {
	var first int
	head := http.Header{}
	code := http.StatusOK
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first); err == nil {
		code = http.StatusPartialContent
		head.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(content)-1, len(content)))
	}
	return respond(code, head, content[first:])
}

func respond(code int, head http.Header, body []byte) *http.Response {
	if head == nil {
		head = http.Header{}
	}
	return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Header: head, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}
}

// cutAt breaks an answer after n bytes.
func cutAt(resp *http.Response, n int64) *http.Response {
	resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, n), failing{}))
	return resp
}

// chunked forgets the length of an answer.
func chunked(resp *http.Response) *http.Response {
	resp.ContentLength = -1
	return resp
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}
