package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/store"
)

// station is a unit's real agent in the bubble, with outputs that count and a
// disk in memory.
type station struct {
	unit     string
	settings agent.Settings
	outputs  []wire.Output
	disk     *spool.Mem
	cancel   context.CancelFunc
	ended    chan error // nil while it is off
	// change, if not nil, has the last word on what the agent runs on.
	change func(*agent.Options)
}

// web is the way to the centre's web server.
func (c *county) web() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := c.ports.dial(ctx, httpAddress)
			if err != nil {
				return nil, err
			}
			return conn, nil
		},
	}}
}

// operator is a person at the command line.
func (c *county) operator() *client.Client {
	return &client.Client{Base: c.app.URL(), Token: c.app.Token(), Language: "en", HTTP: c.web()}
}

// place adds a unit and switches its device on.
func (c *county) place(spec client.UnitSpec) *station {
	c.t.Helper()
	return c.placeOn(spec, nil)
}

// placeOn does so with something changed in what the device's agent runs on.
func (c *county) placeOn(spec client.UnitSpec, change func(*agent.Options)) *station {
	c.t.Helper()
	added, err := c.operator().AddUnit(c.t.Context(), spec)
	if err != nil {
		c.t.Fatal(err)
	}
	settings, err := agent.ParseSettings([]byte(added.Settings))
	if err != nil {
		c.t.Fatal(err)
	}
	c.tell(spec.ID, settings.Secret)
	s := &station{unit: spec.ID, settings: settings, outputs: added.Unit.Outputs, disk: spool.Memory(), change: change}
	c.stations = append(c.stations, s)
	c.switchOn(s)
	return s
}

func (c *county) switchOn(s *station) {
	o := c.optionsOf(s)
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.ended = cancel, make(chan error, 1)
	ended := s.ended
	go func() { ended <- agent.Run(ctx, o) }()
}

// optionsOf are what a station's agent runs on the next time.
func (c *county) optionsOf(s *station) agent.Options {
	o := agent.Options{
		Settings: s.settings, Disk: s.disk, HTTP: c.web(), Lang: "en", Software: "test", Logger: c.options.Logger,
		Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := c.ports.dial(ctx, mqttAddress)
			if err != nil {
				return nil, err
			}
			return conn, nil
		},
	}
	if slices.Contains(s.outputs, wire.OutputSound) {
		o.Sound = player.NewCounting()
	}
	if slices.Contains(s.outputs, wire.OutputScreen) {
		o.Panel = func(int, int) (screen.Panel, error) { return screen.Counting{}, nil }
	}
	if s.change != nil {
		s.change(&o)
	}
	return o
}

// off stops the agent in order, if it runs.
func (s *station) off(t *testing.T) {
	t.Helper()
	if s.ended == nil {
		return
	}
	s.cancel()
	err := <-s.ended
	s.ended = nil
	if err != nil && !errors.Is(err, spool.ErrPower) {
		t.Errorf("the agent of %s ends with %v", s.unit, err)
	}
}

// powerCut ends the agent and leaves on its disk what was synced.
func (s *station) powerCut(t *testing.T) {
	t.Helper()
	after := s.disk.Cut(0)
	s.off(t)
	s.disk = after
}

// tone is a WAV file of a steady tone, without silence at its ends: what sounds
// is exactly as long as the file.
func tone(t testing.TB, dir, name string, hertz float64, seconds int) string {
	t.Helper()
	const rate = 8000
	samples := make([]byte, 2*rate*seconds)
	for i := range rate * seconds {
		v := int16(9000 * math.Cos(2*math.Pi*hertz*float64(i)/rate))
		samples[2*i], samples[2*i+1] = byte(v), byte(v>>8)
	}
	var b bytes.Buffer
	word := func(n uint32, size int) {
		for range size {
			b.WriteByte(byte(n))
			n >>= 8
		}
	}
	b.WriteString("RIFF")
	word(uint32(36+len(samples)), 4)
	b.WriteString("WAVEfmt ")
	word(16, 4)
	word(1, 2) // PCM
	word(1, 2) // mono
	word(rate, 4)
	word(2*rate, 4)
	word(2, 2)
	word(16, 2)
	b.WriteString("data")
	word(uint32(len(samples)), 4)
	b.Write(samples)
	path := filepath.Join(dir, name+".wav")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// upload takes an audio file in as an operator does.
func upload(t testing.TB, op *client.Client, path, title string) client.Asset {
	t.Helper()
	a, err := op.AddAudio(t.Context(), path, title, nil)
	if err != nil {
		t.Fatalf("upload %s: %v", path, err)
	}
	return a
}

// playlist makes one of items given as pairs of assets, audio and text, either
// of them empty.
func playlist(t testing.TB, op *client.Client, id string, items ...[2]string) {
	t.Helper()
	p := client.Playlist{ID: id, Title: id}
	for _, i := range items {
		p.Items = append(p.Items, client.PlaylistItem{Audio: i[0], Text: i[1]})
	}
	if _, err := op.PutPlaylist(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// release puts a programme on air.
func release(t testing.TB, op *client.Client, p client.ProgrammeSpec) client.Released {
	t.Helper()
	if p.Title == "" {
		p.Title = p.ID
	}
	_, err := op.PutProgramme(t.Context(), p)
	var r client.Released
	if err == nil {
		r, err = op.Release(t.Context(), p.ID, true)
	}
	if err != nil {
		t.Fatalf("release %s: %v", p.ID, err)
	}
	return r
}

// asruns are all stored as-run entries of a unit, oldest first.
func (c *county) asruns(unit string) []scheduler.AsRun {
	c.t.Helper()
	var all []scheduler.AsRun
	f := store.AsRunFilter{Unit: unit, Page: store.Page{Limit: 1000}}
	for {
		list, next, err := c.app.Store().AsRuns(context.Background(), f)
		if err != nil {
			c.t.Fatal(err)
		}
		if all = append(all, list...); next == "" {
			return all
		}
		f.Page.After = next
	}
}

// detail fetches the item detail from the unit itself, by the API.
func (c *county) detail(unit string, from, to time.Time) []wire.CueRun {
	c.t.Helper()
	answer := c.get(client.Prefix+"/asrun/detail?unit="+unit+"&from="+from.UTC().Format(time.RFC3339)+"&to="+to.UTC().Format(time.RFC3339),
		func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+c.app.Token()) })
	body, _ := io.ReadAll(answer.Body)
	var page client.Page[wire.CueRun]
	if err := json.Unmarshal(body, &page); err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("item detail of %s: %s: %s", unit, answer.Status, body)
	}
	return page.Items
}

// sent is the newest snapshot that was sealed for an address, as it travels.
func (c *county) sent(address wire.Address, kind wire.Kind) (e wire.Envelope, found bool) {
	c.t.Helper()
	list, err := c.app.Store().Envelopes(context.Background(), false)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, x := range list {
		p, err := wire.ParseEnvelope(x.Bytes)
		if err != nil {
			c.t.Fatal(err)
		}
		if p.Address == address && p.Kind == kind && p.Revision >= e.Revision {
			e, found = p, true
		}
	}
	return e, found
}
