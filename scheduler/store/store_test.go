package store

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// open opens a store in a directory of the test.
func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// county is a store with a county of two towns and four villages, two units in
// each village, and a playlist of a sound and a text.
func county(t testing.TB) *Store {
	t.Helper()
	return countyAt(t, filepath.Join(t.TempDir(), "乡 村.db"))
}

// countyAt is one in a database of a name.
func countyAt(t testing.TB, path string) *Store {
	t.Helper()
	s := open(t, path)
	ctx := t.Context()
	must(t)(s.SetCounty(ctx, scheduler.County{County: wire.County{Name: "青禾县", Zone: "Asia/Shanghai"}}))
	for _, a := range []scheduler.Area{{ID: "qinghe", Name: "青禾县"}, {ID: "liushu", Parent: "qinghe", Name: "柳树镇"}, {ID: "shiqiao", Parent: "qinghe", Name: "石桥镇"},
		{ID: "liu1", Parent: "liushu", Name: "柳一村"}, {ID: "liu2", Parent: "liushu", Name: "柳二村"}, {ID: "shi1", Parent: "shiqiao", Name: "石一村"}, {ID: "shi2", Parent: "shiqiao", Name: "石二村"}} {
		must(t)(s.PutArea(ctx, a))
	}
	for _, v := range []string{"liu1", "liu2", "shi1", "shi2"} {
		for n := range 2 {
			must(t)(s.AddUnit(ctx, scheduler.Unit{ID: v + "-" + strconv.Itoa(n+1), Area: v, Volume: 80, State: scheduler.UnitInstalled, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}}))
		}
	}
	audio := add(t, s, scheduler.Asset{ID: strings.Repeat("ab", 32), Kind: scheduler.AssetAudio, Title: "防汛", Size: 1000,
		Rendition: &scheduler.Rendition{Hash: strings.Repeat("cd", 32), Size: 900, Type: "mp3", Frames: 60 * wire.Rate}})
	text := add(t, s, scheduler.Asset{Kind: scheduler.AssetText, Title: "通知", Text: "今晚有雨"})
	must(t)(s.PutPlaylist(ctx, scheduler.Playlist{ID: "notice", Title: "通知", Items: []scheduler.PlaylistItem{{Audio: audio.ID, Text: text.ID}}}))
	publish(t, s)
	return s
}

// must fails the test if the last of what a call gave is an error.
func must(t testing.TB) func(args ...any) {
	return func(args ...any) {
		t.Helper()
		if err, bad := args[len(args)-1].(error); bad {
			t.Fatal(err)
		}
	}
}

// add adds an asset that has to be taken.
func add(t testing.TB, s *Store, a scheduler.Asset) scheduler.Asset {
	t.Helper()
	out, _, err := s.AddAsset(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// publish does what the publisher does until nothing is stale, and gives the
// snapshots that were published.
func publish(t testing.TB, s *Store) []Target {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var out []Target
	for range 10 {
		stale, err := s.Stale(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(stale) == 0 {
			return out
		}
		for _, g := range stale {
			c, err := s.Compose(ctx, g)
			if err != nil {
				t.Fatal(err)
			}
			if !c.Changed {
				continue
			}
			out = append(out, g)
			if err := s.SaveEnvelope(ctx, Sealed{Target: g, Revision: c.Revision, Bytes: []byte(strconv.FormatUint(c.Revision, 10))}); err != nil {
				t.Fatal(err)
			}
			if err := s.MarkPublished(ctx, g, c.Revision); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Fatal("snapshots stay stale for ever")
	return nil
}

func loop(id string, areas ...string) scheduler.Programme {
	return scheduler.Programme{ID: id, Title: "循环 " + id, Playlist: "notice", Targets: scheduler.Targets{Areas: areas},
		Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "00:00", To: "24:00"}, Pause: 10}}
}

// release drafts and releases a programme.
func release(t testing.TB, s *Store, p scheduler.Programme) Reach {
	t.Helper()
	if _, _, err := s.PutDraft(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	_, r, err := s.Release(t.Context(), p.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantKind checks that an error is for people: its kind, and words it must name.
func wantKind(t *testing.T, err error, kind scheduler.ErrorKind, words ...string) {
	t.Helper()
	if scheduler.KindOf(err) != kind {
		t.Fatalf("error %v, want one of kind %s", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not name %q", err, w)
		}
	}
}

func TestOpenFindsEverythingAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "county.db")
	ctx := t.Context()
	s := open(t, path)
	must(t)(s.PutArea(ctx, scheduler.Area{ID: "c", Name: "县"}))
	_, secret, err := s.AddUnit(ctx, scheduler.Unit{ID: "u1", Area: "c", Volume: 70})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := s.Born(ctx, wire.Birth{Unit: "u1", Session: 3, Spool: "sp", Boot: "b"}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sweep(ctx, now); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	u, err := s.Unit(ctx, "u1")
	if err != nil || u.Presence.Session != 3 || u.State != scheduler.UnitInstalled || u.Volume != 70 {
		t.Errorf("after reopening: %+v, %v", u, err)
	}
	if ok, err := s.SecretOK(ctx, "u1", secret); !ok || err != nil {
		t.Errorf("the secret is not known any more: %v", err)
	}
	if ok, _ := s.SecretOK(ctx, "u1", secret[1:]); ok {
		t.Error("a wrong secret is taken")
	}
}
