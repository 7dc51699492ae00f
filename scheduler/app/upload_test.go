package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/villagecast/villagecast/scheduler/app"
	"github.com/villagecast/villagecast/scheduler/client"
)

// proxy stands between a client and a centre and cuts connections after a
// number of bytes towards the centre, as often as it is told to.
type proxy struct {
	t      *testing.T
	l      net.Listener
	target string
	done   sync.WaitGroup

	mu   sync.Mutex
	cuts []int64 // bytes after which the next connections are cut
	seen int
	on   map[net.Conn]bool
	// cut is called after each cut.
	cut func(n int)
}

func newProxy(t *testing.T, target string, cuts ...int64) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, l: l, target: u.Host, cuts: cuts, on: map[net.Conn]bool{}}
	p.done.Go(p.serve)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) url() string { return "http://" + p.l.Addr().String() }

func (p *proxy) serve() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.carry(c) })
	}
}

func (p *proxy) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		return // nobody is there just now
	}
	defer to.Close()
	p.hold(from, to)
	defer p.release(from, to)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, to)
		from.Close()
	})
	defer back.Wait()
	defer to.Close()
	buffer := make([]byte, 16<<10)
	for carried := int64(0); ; {
		n, err := from.Read(buffer)
		carried += int64(n)
		if n > 0 && p.cutAt(carried) {
			_, _ = to.Write(buffer[:n/2]) // in the middle of what was sent
			from.Close()
			return
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// cutAt tells whether a connection that has carried so much is to be cut.
func (p *proxy) cutAt(carried int64) bool {
	p.mu.Lock()
	if len(p.cuts) == 0 || carried < p.cuts[0] {
		p.mu.Unlock()
		return false
	}
	p.cuts = p.cuts[1:]
	p.seen++
	n, then := p.seen, p.cut
	p.mu.Unlock()
	if then != nil {
		then(n)
	}
	return true
}

func (p *proxy) hold(cs ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cs {
		p.on[c] = true
	}
}

func (p *proxy) release(cs ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range cs {
		delete(p.on, c)
	}
}

func (p *proxy) close() {
	p.l.Close()
	p.mu.Lock()
	for c := range p.on {
		c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// recording writes a WAV file and gives its path and bytes.
func recording(t *testing.T, length time.Duration) (string, []byte) {
	t.Helper()
	wav := noise(length, 440)
	path := filepath.Join(t.TempDir(), "通知.wav")
	if err := os.WriteFile(path, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, wav
}

// through is the client behind a proxy.
func (w *web) through(p *proxy) *client.Client {
	return &client.Client{Base: p.url(), Token: w.Token, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

// same wants the asset to be the whole file.
func (w *web) same(a client.Asset, wav []byte) {
	w.t.Helper()
	sum := sha256.Sum256(wav)
	if a.ID != hex.EncodeToString(sum[:]) || a.Size != int64(len(wav)) || a.Kind != "audio" {
		w.t.Errorf("asset %+v", a)
	}
	body, err := w.AssetFile(w.t.Context(), a.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, wav) {
		w.t.Errorf("the file has %d bytes (%v), want the %d that were sent", len(got), err, len(wav))
	}
}

// leftovers names what is under way in the data directory.
func (w *web) leftovers() (names []string) {
	w.t.Helper()
	for _, dir := range []string{"uploads", "media/partial"} {
		entries, err := os.ReadDir(filepath.Join(w.options.Data, dir))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names
}

// holdsSome tells whether some bytes of an upload have come.
func (w *web) holdsSome() bool {
	for _, name := range w.leftovers() {
		if info, err := os.Stat(filepath.Join(w.options.Data, name)); err == nil && strings.HasPrefix(name, "media") && info.Size() > 0 {
			return true
		}
	}
	return false
}

// steps is a Progress that wants never to go back.
func steps(t *testing.T) (client.Progress, func() []int64) {
	var mu sync.Mutex
	var seen []int64
	return func(done, total int64) {
			mu.Lock()
			defer mu.Unlock()
			if n := len(seen); n > 0 && done <= seen[n-1] || done > total {
				t.Errorf("progress %d of %d after %v", done, total, seen)
			}
			seen = append(seen, done)
		}, func() []int64 {
			mu.Lock()
			defer mu.Unlock()
			return seen
		}
}

func TestAnUploadSurvivesCuts(t *testing.T) {
	w := serve(t, nil)
	path, wav := recording(t, 40*time.Second) // 3.8 MB
	// Each connection is cut in the middle of a piece of 1 MiB, so none of the
	// first pieces ever gets through whole.
	p := newProxy(t, w.Base, 300_000, 500_000, 700_000, 900_000)
	progress, seen := steps(t)
	a, err := w.through(p).AddAudio(t.Context(), path, "", progress)
	if err != nil {
		t.Fatal(err)
	}
	w.same(a, wav)
	if a.Title != "通知" || a.Name != "通知.wav" || a.Seconds < 39 || a.Seconds > 41 {
		t.Errorf("%+v", a)
	}
	all := seen()
	if len(all) < 5 || all[len(all)-1] != int64(len(wav)) {
		t.Errorf("progress %v", all)
	}
	p.mu.Lock()
	if len(p.cuts) > 0 {
		t.Errorf("%d cuts did not happen", len(p.cuts))
	}
	p.mu.Unlock()
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	again, err := w.AddAudio(t.Context(), path, "", nil)
	if err != nil || again.ID != a.ID {
		t.Errorf("the same file again: %+v %v", again, err)
	}
}

func TestAnUploadGoesOnAfterARestart(t *testing.T) {
	w := serve(t, nil)
	u, err := url.Parse(w.Base)
	if err != nil {
		t.Fatal(err)
	}
	w.options.HTTP = u.Host // the same port again
	path, wav := recording(t, 30*time.Second)
	p := newProxy(t, w.Base, 600_000)
	restarted := make(chan struct{})
	p.cut = func(int) {
		go func() {
			defer close(restarted)
			for end := time.Now().Add(5 * time.Second); !w.holdsSome() && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			w.stop()
			w.start()
		}()
	}
	progress, seen := steps(t)
	a, err := w.through(p).AddAudio(t.Context(), path, "", progress)
	if err != nil {
		t.Fatal(err)
	}
	<-restarted
	w.same(a, wav)
	if all := seen(); len(all) == 0 || all[0] == 0 || all[0] >= 1<<20 {
		t.Errorf("nothing of the piece that was cut is kept: %v", all)
	}
}

func TestTwoUploadsOfOneFileAtOnce(t *testing.T) {
	w := serve(t, nil)
	path, wav := recording(t, 20*time.Second)
	var both sync.WaitGroup
	made := make([]client.Asset, 16)
	for i := range made {
		both.Go(func() {
			var err error
			if made[i], err = w.AddAudio(t.Context(), path, "", nil); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	for _, a := range made {
		w.same(a, wav)
	}
	if list, err := w.Assets(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d assets (%v)", len(list), err)
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	w := serve(t, func(o *app.Options) { o.UploadCeiling = 1 << 20 })
	refused := func(err error, status int, code, word string) {
		t.Helper()
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Status != status || e.Code != code || len(e.Errors) != 1 || e.Errors[0].Remedy == "" || !strings.Contains(e.Error(), word) {
			t.Errorf("%v, want %d %s with %q", err, status, code, word)
		}
		if list, err := w.Assets(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("assets %+v (%v)", list, err)
		}
		if left := w.leftovers(); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	path, _ := recording(t, 20*time.Second)
	_, err := w.AddAudio(t.Context(), path, "", nil)
	refused(err, 413, "too-large", "upload_ceiling")

	// A disk that has no room for it says so before it is filled.
	roomy := serve(t, func(o *app.Options) { o.UploadCeiling = 1 << 60 })
	large := roomy.ask("POST", "/uploads", fmt.Sprintf(`{"name":"a.wav","size":%d,"hash":%q}`, int64(1)<<50, strings.Repeat("a", 64)))
	if large.status != 507 || large.problem.Errors[0].Field != "size" || !strings.Contains(large.body, "has room for") || len(roomy.leftovers()) > 0 {
		t.Errorf("a petabyte: %d %s %v", large.status, large.body, roomy.leftovers())
	}

	// A recording that is damaged on its way.
	wav := noise(time.Second, 440)
	wrong := sha256.Sum256([]byte("another"))
	id := hex.EncodeToString(wrong[:])
	if got := w.ask("POST", "/uploads", fmt.Sprintf(`{"name":"a.wav","size":%d,"hash":%q}`, len(wav), id)); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	piece := func(offset int, b []byte) reply {
		return w.ask("PATCH", "/uploads/"+id, string(b), "Upload-Offset", fmt.Sprint(offset), "Content-Type", "application/offset+octet-stream")
	}
	if got := piece(0, wav[:5000]); got.status != 200 || !strings.Contains(got.body, `"offset":5000`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	for _, offset := range []int{0, 4999, 5001} { // in one packet: whoever closes after each answer, as this client, is cut while still writing
		if got := piece(offset, wav[5000:5100]); got.status != 409 || got.problem.Errors[0].Field != "Upload-Offset" || !strings.Contains(got.body, "5000") {
			t.Errorf("at %d: %d %s", offset, got.status, got.body)
		}
	}
	if got := w.ask("POST", "/uploads/"+id+"/finish", "{}"); got.status != 409 || !strings.Contains(got.body, "5000") {
		t.Errorf("finished too soon: %d %s", got.status, got.body)
	}
	if got := piece(5000, append(wav[5000:len(wav):len(wav)], 0)); got.status != 413 {
		t.Errorf("more than announced: %d %s", got.status, got.body)
	}
	if got := w.ask("GET", "/uploads/"+id, ""); !strings.Contains(got.body, `"offset":5000`) {
		t.Errorf("then %s", got.body)
	}
	if got := piece(5000, wav[5000:]); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	got := w.ask("POST", "/uploads/"+id+"/finish", "{}")
	refused(&client.Error{Problem: got.problem}, 422, "invalid", "send the file again")

	text := filepath.Join(t.TempDir(), "notes.mp3")
	if err := os.WriteFile(text, []byte("This is no music."), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = w.AddAudio(t.Context(), text, "", nil)
	refused(err, 422, "invalid", "text")
	for _, spec := range []string{`{"name":"a","size":5,"hash":"abc"}`, `{"name":"a","size":0,"hash":"` + id + `"}`, `{"name":"a","size":-5,"hash":"` + id + `"}`} {
		if got := w.ask("POST", "/uploads", spec); got.status != 422 {
			t.Errorf("%s: %d %s", spec, got.status, got.body)
		}
	}
	for _, id := range []string{"..%2f..%2ftoken", "x", strings.Repeat("0", 64)} {
		if got := w.ask("GET", "/uploads/"+id, ""); got.status != 404 {
			t.Errorf("%s: %d %s", id, got.status, got.body)
		}
	}
}

// TestACentreThatIsAwayIsToldAtOnce: patience is for links that break, not for
// an address at which nobody is.
func TestACentreThatIsAwayIsToldAtOnce(t *testing.T) {
	path, _ := recording(t, time.Second)
	c := &client.Client{Base: "http://127.0.0.1:1"}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := c.AddAudio(ctx, path, "", nil); !errors.Is(err, client.ErrUnreachable) || ctx.Err() != nil {
		t.Errorf("%v", err)
	}
}
