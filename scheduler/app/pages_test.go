package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// page is one page of any list.
type page struct {
	Items []map[string]any `json:"items"`
	Next  string           `json:"next"`
}

func (w *web) page(path string, limit int, cursor string) page {
	w.t.Helper()
	q := url.Values{"limit": {fmt.Sprint(limit)}}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	got := w.ask("GET", path+"?"+q.Encode(), "")
	var p page
	if err := json.Unmarshal([]byte(got.body), &p); got.status != 200 || err != nil || len(p.Items) > limit {
		w.t.Fatalf("GET %s: %d %s", path, got.status, got.body)
	}
	return p
}

// TestEveryListIsWalkedOnce: what was there at the first page is met just once
// and in the order of the whole list, although rows come in between.
func TestEveryListIsWalkedOnce(t *testing.T) {
	w := serve(t, nil)
	store, ctx := w.app.Store(), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	base := time.Now().Add(-time.Hour).Truncate(time.Second)
	later := base.Add(2 * time.Hour)
	must(store.Watch(ctx, later))
	unit := func(i int) string {
		id := fmt.Sprintf("u%02d", (i*7)%100) // before and behind the cursor
		_, _, err := store.AddUnit(ctx, scheduler.Unit{ID: id, Area: "village", State: scheduler.UnitInstalled})
		must(err)
		return id
	}
	unit(0)
	seq := uint64(0)
	add := map[string]func(int){
		"/units": func(i int) { unit(i + 1) },
		"/assets": func(i int) {
			_, err := w.AddText(ctx, client.TextSpec{Text: fmt.Sprintf("第 %d 条", i)})
			must(err)
		},
		"/warnings": func(i int) {
			_, err := w.Warn(ctx, client.WarningSpec{Area: "village", Level: wire.LevelBlue, Title: fmt.Sprint(i), Text: "…", Until: time.Now().Add(time.Hour)})
			must(err)
		},
		"/outages": func(i int) {
			unit(i + 40)
			_, err := store.Sweep(ctx, later.Add(time.Duration(i+2)*time.Minute))
			must(err)
		},
		"/asrun/entries": func(i int) {
			from := base.Add(time.Duration((i*7)%11) * time.Minute)
			seq++
			_, err := store.Record(ctx, wire.Report{Unit: "u00", Spool: "sp", Boot: "b", After: seq - 1, Entries: []wire.Entry{{Seq: seq, At: from.UnixMilli(), AsRun: &wire.AsRun{
				Output: wire.OutputSound, Programme: "p", Version: 1, Level: wire.LevelTimed, From: from.UnixMilli(), To: from.Add(time.Minute).UnixMilli(),
				Rounds: []wire.RoundPart{{Start: from.UnixMilli(), Cues: 1, Frames: 60 * wire.Rate}}, Outcome: wire.OutcomeEnded, Grade: wire.GradePlayed}}}}, from)
			must(err)
		},
	}
	name := func(item map[string]any) string {
		return fmt.Sprint(item["id"], item["from"], item["to"], item["title"])
	}
	for _, path := range []string{"/units", "/assets", "/warnings", "/outages", "/asrun/entries"} {
		t.Run(path, func(t *testing.T) {
			for i := range 7 {
				add[path](i)
			}
			var want, got []string
			for _, item := range w.page(path, 1000, "").Items {
				want = append(want, name(item))
			}
			cursor := ""
			for i := range 40 {
				p := w.page(path, 2, cursor)
				for _, item := range p.Items {
					if n := name(item); slices.Contains(got, n) {
						t.Errorf("met twice: %s", n)
					} else if got = append(got, n); !slices.Contains(want, n) {
						got = got[:len(got)-1] // it came in between
					}
				}
				if cursor = p.Next; cursor == "" {
					break
				}
				if i < 3 {
					add[path](i + 7)
				}
			}
			if len(want) < 7 || !slices.Equal(got, want) {
				t.Errorf("walked %v\nwant %v", got, want)
			}
		})
	}
	for _, path := range []string{"/assets", "/warnings", "/outages", "/asrun/entries", "/asrun/skips"} {
		got := w.ask("GET", path+"?cursor=yesterday", "")
		if got.status != 422 || len(got.problem.Errors) != 1 || got.problem.Errors[0].Field != "cursor" || got.problem.Errors[0].Value != "yesterday" || got.problem.Errors[0].Remedy == "" {
			t.Errorf("%s with a bad cursor: %d %s", path, got.status, got.body)
		}
	}
}

// TestFiltersOfProof: what is asked for is what is answered.
func TestFiltersOfProof(t *testing.T) {
	w := serve(t, nil)
	for _, path := range []string{"/asrun", "/asrun/entries", "/asrun/skips", "/outages"} {
		for _, q := range []string{"unit=nobody", "area=nowhere"} {
			if got := w.ask("GET", path+"?"+q, ""); got.status != 404 || len(got.problem.Errors) != 1 || got.problem.Errors[0].Remedy == "" {
				t.Errorf("%s?%s: %d %s", path, q, got.status, got.body)
			}
		}
	}
	if got := w.ask("GET", "/asrun/detail?unit=nobody", ""); got.status != 404 {
		t.Errorf("detail of an unknown unit: %d %s", got.status, got.body)
	}
}
