package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
)

// Wherever the connection breaks, the next request goes on at that very byte, and
// no byte comes twice.
func TestGoesOnAfterACutAtEveryByte(t *testing.T) {
	file := content(500)
	for k := range file {
		s := newShop(func(n int, r *http.Request) *http.Response {
			if n == 0 {
				return cutAt(serve(r, file), int64(k))
			}
			return serve(r, file)
		})
		a := fileOf(file)
		if err := s.obtain(t.Context(), a); err == nil {
			t.Fatalf("cut at %d: no error", k)
		}
		if err := s.obtain(t.Context(), a); err != nil || !s.spool.Verified(a.hash) {
			t.Fatalf("cut at %d: %v", k, err)
		}
		want := ""
		if k > 0 {
			want = fmt.Sprintf("bytes=%d-", k)
		}
		if s.requests[1] != want || s.moved != int64(len(file)) {
			t.Fatalf("cut at %d: asked for %q, %d bytes moved", k, s.requests[1], s.moved)
		}
	}
}

// A server that lies costs time, never a wrong file; and the right one is taken
// as soon as it is there.
func TestServersThatLie(t *testing.T) {
	file := content(100_000)
	other := content(100_001)
	wrong := slices.Clone(file)
	wrong[50_000] ^= 1
	cases := []struct {
		name   string
		answer answers
		// is: the error of the lie; moved: how many bytes it may cost at most.
		server bool
		moved  int64
	}{
		{"knows no ranges, and breaks", func(_ int, _ *http.Request) *http.Response { return cutAt(respond(200, nil, file), 60_000) }, true, 60_000},
		{"ends early without saying so", func(_ int, _ *http.Request) *http.Response { return chunked(respond(200, nil, file[:70_000])) }, true, 70_000},
		{"announces fewer", func(_ int, _ *http.Request) *http.Response { return respond(200, nil, file[:70_000]) }, false, 0},
		{"announces more", func(_ int, _ *http.Request) *http.Response { return respond(200, nil, other) }, false, 0},
		{"sends more", func(_ int, _ *http.Request) *http.Response { return chunked(respond(200, nil, other)) }, false, 100_001},
		{"other bytes", func(_ int, _ *http.Request) *http.Response { return respond(200, nil, wrong) }, false, 100_000},
		{"another tag", func(_ int, _ *http.Request) *http.Response {
			return respond(200, http.Header{"Etag": {`"` + string(fileOf(other).hash) + `"`}}, file)
		}, false, 0},
		{"a page that wants a login", func(_ int, _ *http.Request) *http.Response {
			return respond(200, nil, []byte("<html>please pay</html>"))
		}, false, 0},
		{"not found", func(_ int, _ *http.Request) *http.Response { return respond(404, nil, []byte("?")) }, false, 0},
		{"busy", func(_ int, _ *http.Request) *http.Response {
			return respond(503, http.Header{"Retry-After": {"120"}}, []byte("?"))
		}, true, 0},
		{"unreachable", func(_ int, _ *http.Request) *http.Response { return nil }, true, 0},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			s := newShop(func(n int, r *http.Request) *http.Response {
				if n == 0 {
					return x.answer(n, r)
				}
				return serve(r, file)
			})
			a := fileOf(file)
			err := s.obtain(t.Context(), a)
			if _, ok := errors.AsType[*serverError](err); err == nil || ok != x.server {
				t.Errorf("error is %v; the server's: %v", err, ok)
			}
			if s.moved > x.moved || s.spool.Verified(a.hash) || s.spool.HasAsset(a.hash) {
				t.Errorf("%d bytes moved, verified: %v", s.moved, s.spool.Verified(a.hash))
			}
			if err := s.obtain(t.Context(), a); err != nil || !s.spool.Verified(a.hash) {
				t.Errorf("then the right one: %v", err)
			}
		})
	}
	t.Run("the rest from a server that lies", func(t *testing.T) {
		second := map[string]answers{
			"another place": func(_ int, _ *http.Request) *http.Response {
				return respond(206, http.Header{"Content-Range": {"bytes 0-99999/100000"}}, file)
			},
			"another length": func(_ int, _ *http.Request) *http.Response {
				return respond(206, http.Header{"Content-Range": {"bytes 60000-99999/200000"}}, file[60_000:])
			},
			"no ranges":   func(_ int, _ *http.Request) *http.Response { return respond(200, nil, file) },
			"has less":    func(_ int, _ *http.Request) *http.Response { return respond(416, nil, nil) },
			"other bytes": func(_ int, r *http.Request) *http.Response { return serve(r, wrong[:100_000]) },
		}
		for name, answer := range second {
			s := newShop(func(n int, r *http.Request) *http.Response {
				switch n {
				case 0:
					return cutAt(serve(r, file), 40_000)
				case 1:
					return answer(n, r)
				}
				return serve(r, file)
			})
			a := fileOf(file)
			tries := 0
			for ; tries < 4 && !s.spool.Verified(a.hash); tries++ {
				_ = s.obtain(t.Context(), a)
			}
			if want := map[bool]int{true: 2, false: 3}[name == "no ranges"]; tries != want {
				t.Errorf("%s: here after %d tries, want %d", name, tries, want)
			}
			if name == "no ranges" && s.moved != 140_000 {
				t.Errorf("%s: %d bytes moved", name, s.moved)
			}
		}
	})
}

// Downloads keep to the pace of the settings; a warning's does not wait.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := content(1_000_000)
		for _, urgent := range []bool{false, true} {
			s := newShop(func(_ int, r *http.Request) *http.Response { return serve(r, file) })
			s.centre().settings.Fetch = 800 // kbit/s: 100 KB/s
			a := fileOf(file)
			a.urgent = urgent
			start := time.Now()
			if err := s.obtain(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); urgent && took > 0 || !urgent && (took < 9*time.Second || took > 11*time.Second) {
				t.Errorf("urgent %v: 1 MB at 800 kbit/s took %v", urgent, took)
			}
		}
	})
}

// A server that sends nothing any more is left after 30 s; what came stays.
func TestStallIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := content(100_000)
		s := newShop(func(n int, r *http.Request) *http.Response {
			resp := serve(r, file)
			if n == 0 {
				resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 50_000), waiting{r.Context()}))
			}
			return resp
		})
		a := fileOf(file)
		start := time.Now()
		err := s.obtain(t.Context(), a)
		if took := time.Since(start); err == nil || took < 29*time.Second || took > 31*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		if err := s.obtain(t.Context(), a); err != nil || s.requests[1] != "bytes=50000-" {
			t.Errorf("asked for %q: %v", s.requests[1], err)
		}
	})
}

// waiting is a body that brings nothing until the request is given up.
type waiting struct{ ctx context.Context }

func (w waiting) Read([]byte) (int, error) {
	<-w.ctx.Done()
	return 0, w.ctx.Err()
}

func TestSpread(t *testing.T) {
	cases := []struct {
		size  int64
		until time.Duration
		want  time.Duration
	}{
		{20 << 20, 24 * time.Hour, 1280 * time.Second}, {20 << 20, time.Hour, 900 * time.Second}, {20 << 20, 4 * time.Minute, time.Minute},
		{20 << 20, 0, 10 * time.Second}, {24 << 10, 24 * time.Hour, 1500 * time.Millisecond}, {24 << 10, 0, 75 * time.Millisecond},
		{1 << 30, 24 * time.Hour, time.Hour},
	}
	for _, c := range cases {
		if got := spread(c.size, c.until); got != c.want {
			t.Errorf("%d bytes needed in %v: spread over %v, want %v", c.size, c.until, got, c.want)
		}
	}
}

// A file of 20 MB for the whole county is not fetched by 700 units at once: each
// begins at its own time, all of them long before it is needed.
func TestACountyDoesNotComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))) // 08:00 in Shanghai
		file := asset{hash: fileOf([]byte("x")).hash, size: 20 << 20}
		v := compile([]wire.Bulletin{{Address: "area/county", Revision: 1, County: &wire.County{Name: "c", Zone: "Asia/Shanghai"}, Programmes: []wire.Programme{{
			ID: "big", Version: 1, Title: "big", Issuer: "county", Level: wire.LevelTimed, OnCut: wire.CutResume, OnBlock: wire.BlockWait, Grace: 600, Volume: 100,
			Rule:  wire.Rule{Kind: wire.RuleAt, Times: []wire.Clock{"10:00"}},
			Items: []wire.Item{{Sound: &wire.Sound{Hash: string(file.hash), Size: file.size, Type: "mp3", Frames: 60 * wire.Rate}}}}}},
			{Address: "unit/u", Revision: 1, Settings: &wire.Settings{Unit: "u", Chain: []string{"county"}, Outputs: []wire.Output{wire.OutputSound}, Volume: 50}}}, nil, func(string) bool { return false }, nil)
		var mu sync.Mutex
		begun := map[int64]int{}
		start := time.Now()
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 700 {
			s := newShop(func(n int, _ *http.Request) *http.Response {
				if n == 0 {
					mu.Lock()
					begun[int64(time.Since(start)/time.Second)]++
					mu.Unlock()
				}
				return respond(404, nil, nil)
			})
			s.view = func() *view { return v }
			all.Go(func() { s.run(ctx) })
		}
		time.Sleep(1400 * time.Second)
		stop()
		all.Wait()
		most, last, count := 0, int64(0), 0
		for second, n := range begun {
			most, last, count = max(most, n), max(last, second), count+n
		}
		if count != 700 || most > 10 || last > 1300 {
			t.Errorf("%d began, %d in one second at most, the last after %d s", count, most, last)
		}
	})
}

// A server that is down is asked about twice a minute for all files together, and
// everything is here soon after it is back.
func TestNoStormOfDownloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)))
		files := map[string][]byte{}
		v := compile(nil, nil, nil, nil)
		for i := range 100 {
			c := content(1000 + i)
			a := fileOf(c)
			files[string(a.hash)] = c
			v.assets = append(v.assets, a)
		}
		var up atomic.Bool
		s := newShop(func(_ int, r *http.Request) *http.Response {
			if !up.Load() {
				return nil
			}
			return serve(r, files[r.URL.Path[len("/media/"):]])
		})
		s.view = func() *view { return v }
		ctx, stop := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { s.run(ctx) })
		time.Sleep(3 * time.Hour)
		if perHour := s.asked() / 3; perHour < 60 || perHour > 160 {
			t.Errorf("%d requests an hour for 100 files of a server that is down", perHour)
		}
		if list := s.cond.list(); len(list) != 1 || list[0].Code != CodeFetch {
			t.Errorf("conditions are %v", list)
		}
		up.Store(true)
		time.Sleep(90 * time.Second)
		stop()
		done.Wait()
		if _, wait := s.next(); wait != time.Hour || len(s.cond.list()) != 0 {
			t.Errorf("90 s after the server is back: next in %v, conditions %v", wait, s.cond.list())
		}
	})
}

// A file that the card has damaged is fetched again and plays: that it could not be
// opened, nor found a moment later, is nothing against the file. One that is whole and
// fails twice is left out.
func TestADamagedFilePlaysOnceItIsWholeAgain(t *testing.T) {
	file := content(1000)
	f := fileOf(file)
	s := newShop(func(_ int, r *http.Request) *http.Response { return serve(r, file) })
	disk := spool.Memory()
	disk.Write("media/"+string(f.hash), append(slices.Clone(file[:999]), 'x'))
	s.spool = spool.Open(disk)
	a := &agent{spool: s.spool, log: s.log, dirty: make(chan struct{}, 1)}
	for range 3 { // before the table is made anew the span is tried again
		if _, err := a.spool.OpenAsset(f.hash); err == nil {
			t.Fatal("a damaged file was opened")
		}
		a.doubt(f.hash)
	}
	if err := s.obtain(t.Context(), f); err != nil || !a.ready(string(f.hash)) {
		t.Errorf("fetched again it is not ready, %v", err)
	}
	for range 2 {
		if _, err := a.spool.OpenAsset(f.hash); err != nil {
			t.Fatal(err)
		}
		a.doubt(f.hash) // it cannot be decoded
	}
	if a.ready(string(f.hash)) {
		t.Error("a file that cannot be played is planned for ever")
	}
}
