package app_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler/client"
)

// listen follows the events after one until it is told to end.
func (w *web) listen(after int64) (events <-chan client.Event, end func() error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	out, ended := make(chan client.Event, 100), make(chan error, 1)
	go func() {
		ended <- w.Events(ctx, after, func(e client.Event) bool {
			out <- e
			return true
		})
	}()
	return out, func() error {
		cancel()
		return <-ended
	}
}

func (w *web) next(events <-chan client.Event) client.Event {
	w.t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(time.Minute):
		w.t.Fatal("no event")
		return client.Event{}
	}
}

func (w *web) rename(i int) {
	w.t.Helper()
	if _, err := w.PutArea(w.t.Context(), client.Area{ID: "village", Parent: "town", Name: fmt.Sprint("name ", i)}); err != nil {
		w.t.Fatal(err)
	}
}

func TestEventsGoOnWithoutLoss(t *testing.T) {
	w := serve(t, nil)
	last, err := w.app.Store().LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events, end := w.listen(last)
	w.rename(1)
	first := w.next(events)
	if first.Kind != "area" || first.Ref != "village" || first.ID <= last {
		t.Fatalf("%+v", first)
	}
	_ = end()
	for i := range 5 { // nobody listens
		w.rename(i + 2)
	}
	events, end = w.listen(first.ID)
	for i := range 5 {
		if e := w.next(events); e.ID != first.ID+int64(i)+1 || e.Kind != "area" {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	_ = end()

	for i, unknown := range []int64{1, first.ID + 1e9} { // before a restart, or of another centre
		events, end = w.listen(unknown)
		reset := w.next(events)
		if reset.Kind != "reset" || reset.ID != first.ID+5 {
			t.Fatalf("after %d: %+v, want a reset to %d", unknown, reset, first.ID+5)
		}
		w.rename(100 + i)
		if e := w.next(events); e.Kind != "area" {
			t.Errorf("after a reset: %+v", e)
		}
		_ = end()
		first.ID++
	}
}

func TestAStreamThatIsAskedForAnewAfterARestartIsReset(t *testing.T) {
	w := serve(t, nil)
	last, err := w.app.Store().LastEvent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	events, end := w.listen(last)
	if e := w.next(events); e.Kind != "reset" {
		t.Errorf("%+v", e)
	}
	_ = end()
}

// TestTheStreamAsItIsSent reads the lines themselves: an id to go on from, a
// name, and a sign of life before anything happens.
func TestTheStreamAsItIsSent(t *testing.T) {
	w := serve(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", w.Base+client.Prefix+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.Token)
	res, err := w.HTTP.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	block := func() (out []string) {
		for lines.Scan() && lines.Text() != "" {
			out = append(out, lines.Text())
		}
		return out
	}
	if got := block(); len(got) != 2 || got[0] != "event: alive" {
		t.Fatalf("first %q", got)
	}
	w.rename(1)
	got := block()
	if len(got) != 3 || !strings.HasPrefix(got[0], "id: ") || got[1] != "event: change" || !strings.Contains(got[2], `"kind":"area"`) {
		t.Fatalf("then %q", got)
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(got[0], "id: "), 10, 64); err != nil || n <= 0 {
		t.Errorf("id %q", got[0])
	}
}

// TestStreamsDoNotHoldUpTheStop: who follows the events is let go at once, and not
// after the seconds that downloads are given. The bubble's clock stands still for
// what merely takes the machine's time.
func TestStreamsDoNotHoldUpTheStop(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		op := c.operator()
		there, ended := make(chan bool, 3), make(chan error, 3)
		for range 3 {
			go func() {
				ended <- op.Events(t.Context(), 1, func(e client.Event) bool {
					there <- e.Kind == "reset"
					return true
				})
			}()
		}
		for range 3 {
			if !<-there {
				t.Fatal("no stream")
			}
		}
		begun := time.Now()
		c.stop()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the stop took %v", took)
		}
		for range 3 {
			if err := <-ended; err == nil {
				t.Error("a stream ended as if it was told to")
			}
		}
		c.start()
	})
}

// TestAStreamShowsThatItLives: while nothing happens there is a sign of life
// within 15 seconds, in a bubble whose clock runs by itself.
func TestAStreamShowsThatItLives(t *testing.T) {
	inCounty(t, func(t *testing.T, c *county) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.ports.dial(ctx, httpAddress)
		}}
		r, err := http.NewRequestWithContext(ctx, "GET", "http://"+httpAddress+client.Prefix+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.app.Token())
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body) // until the time is over
		lives := strings.Count(string(text), "event: alive")
		if lives < 4 || lives > 5 {
			t.Errorf("%d signs of life in 50 s, want one at once and one each 15 s", lives)
		}
	})
}
