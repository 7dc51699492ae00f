// Package chrometest drives a real Chromium in tests of our web pages: it starts
// one without a window, opens pages, runs script in them, takes pictures, and
// gathers everything that a page complains about. It speaks the DevTools
// protocol over a local socket and needs nothing but the browser.
package chrometest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long anything in the browser may take.
const patience = 30 * time.Second

// Browser is a running Chromium with an empty profile.
type Browser struct {
	socket *websocket.Conn
	ctx    context.Context // ends with the browser

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	pages   map[string]*Page // by session
}

type answer struct {
	result json.RawMessage
	err    error
}

// message is anything that travels over the socket.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// find gives the program: the one that CHROMIUM names, else one of its names on
// the path. Without one the test is skipped, unless CI is set: there it fails.
func find(t testing.TB) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv("CHROMIUM"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("none of %v is here; install the package chromium or set CHROMIUM", names)
	}
	t.Skipf("none of %v is here; install the package chromium or set CHROMIUM", names)
	return ""
}

// Start starts Chromium for the test and stops it at the test's end.
func Start(t testing.TB) *Browser {
	t.Helper()
	program := find(t)
	profile, err := os.MkdirTemp("", "chrometest")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=zh-CN",
		"--remote-debugging-port=0", "--user-data-dir="+profile, "about:blank")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &Browser{ctx: ctx, waiting: map[int]chan answer{}, pages: map[string]*Page{}}
	var readers sync.WaitGroup
	t.Cleanup(func() {
		b.stop(cmd)
		cancel()
		readers.Wait()
		_ = cmd.Wait() // it was killed or has left: either is its end
		// Its last children may still write for a moment.
		for range 50 {
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	address := make(chan string, 1)
	readers.Go(func() { watchStderr(stderr, address) })
	select {
	case url, ok := <-address:
		if !ok {
			t.Fatal("Chromium ended before it listened")
		}
		if err := b.dial(url); err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("Chromium does not listen")
	}
	readers.Go(b.read)
	return b
}

// stop asks the browser to leave and kills it if it does not.
func (b *Browser) stop(cmd *exec.Cmd) {
	if b.socket != nil {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		_, err := b.call(ctx, "", "Browser.close", nil)
		cancel()
		if err == nil {
			time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
			return
		}
	}
	_ = cmd.Process.Kill()
}

// watchStderr finds the address in what Chromium says, and reads on so that it
// never blocks.
func watchStderr(r io.Reader, address chan<- string) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "DevTools listening on "); ok {
			address <- strings.TrimSpace(url)
			break
		}
	}
	close(address)
	_, _ = io.Copy(io.Discard, r)
}

func (b *Browser) dial(url string) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return fmt.Errorf("dial Chromium: %w", err)
	}
	socket.SetReadLimit(256 << 20) // pictures
	b.socket = socket
	return nil
}

// read hands out answers and events until the browser leaves.
func (b *Browser) read() {
	for {
		_, body, err := b.socket.Read(b.ctx)
		if err != nil {
			b.mu.Lock()
			for id, c := range b.waiting {
				c <- answer{err: fmt.Errorf("read from Chromium: %w", err)}
				delete(b.waiting, id)
			}
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(body, &m) != nil {
			continue
		}
		b.mu.Lock()
		c, page := b.waiting[m.ID], b.pages[m.Session]
		if m.ID != 0 {
			delete(b.waiting, m.ID)
		}
		b.mu.Unlock()
		switch {
		case c != nil && m.Error != nil:
			c <- answer{err: errors.New(m.Error.Message)}
		case c != nil:
			c <- answer{result: m.Result}
		case page != nil && m.Method != "":
			page.event(m.Method, m.Params)
		}
	}
}

// call sends one command and waits for its answer.
func (b *Browser) call(ctx context.Context, session, method string, params any) (json.RawMessage, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if params == nil {
		raw = nil
	}
	c := make(chan answer, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waiting[id] = c
	b.mu.Unlock()
	body, err := json.Marshal(message{ID: id, Session: session, Method: method, Params: raw})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if err := b.socket.Write(ctx, websocket.MessageText, body); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a := <-c:
		if a.err != nil {
			return nil, fmt.Errorf("%s: %w", method, a.err)
		}
		return a.result, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
}
