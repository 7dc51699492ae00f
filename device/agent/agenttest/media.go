package agenttest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/spool"
)

// Media is a server of media without a network: an http.RoundTripper.
type Media struct {
	mu       sync.Mutex
	files    map[string][]byte
	breakAt  int64
	requests []string
	time     http.HandlerFunc // POST /time
}

func (m *Media) put(hash string, content []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[hash] = content
}

// Card is a card on which every file lies that the server has: a unit's that has
// fetched them all before.
func (m *Media) Card() *spool.Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	disk := spool.Memory()
	for hash, content := range m.files {
		disk.Write("media/"+hash, content)
	}
	return disk
}

// Replace serves other bytes under a hash.
func (m *Media) Replace(hash string, content []byte) { m.put(hash, content) }

// Remove makes a file unknown.
func (m *Media) Remove(hash string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, hash)
}

// BreakAfter makes every answer end with an error after n bytes; 0 mends it.
func (m *Media) BreakAfter(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.breakAt = n
}

// Requests are the paths asked for, each with its range if it had one.
func (m *Media) Requests() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string{}, m.requests...)
}

// Client is an HTTP client that reaches nothing else.
func (m *Media) Client() *http.Client { return &http.Client{Transport: m} }

// Hosts is a client that notes which hosts it asks.
func Hosts(m *Media) (client *http.Client, asked func() []string) {
	var mu sync.Mutex
	var hosts []string
	client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		hosts = append(hosts, r.URL.Host)
		mu.Unlock()
		return m.RoundTrip(r)
	})}
	return client, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, hosts...)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// RoundTrip answers a request.
func (m *Media) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			resp, err = nil, errors.New("no network")
		} else if v != nil {
			panic(v)
		}
	}()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	resp = w.Result()
	resp.Request = r
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.breakAt > 0 {
		resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, m.breakAt), broken{}))
	}
	return resp, nil
}

// ServeHTTP serves GET /media/{hash}, for agents that are processes of their own.
// It serves POST /time as well, the centre's.
func (m *Media) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/time" && m.time != nil {
		m.time(w, r)
		return
	}
	m.mu.Lock()
	m.requests = append(m.requests, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	content, ok := m.files[strings.TrimPrefix(r.URL.Path, "/media/")]
	m.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection broke") }
