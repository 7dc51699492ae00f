package countyfile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// Step is one change that a file asks for.
type Step struct {
	// Act is add, change or release; Noun and ID say of what.
	Act, Noun, ID string
	// What says field by field what changes.
	What []string
	do   func(context.Context) error
}

// Plan is what has to be changed for the centre to be as the file says.
type Plan struct {
	Steps []Step
	// Settings receives the settings file of each unit that was added.
	Settings func(unit, settings string) error
	// Progress is told of uploads; it may be nil.
	Progress client.Progress

	c   *client.Client
	dir string
	now state
	// ids are the asset ids by key; empty while the asset is still to come.
	ids map[string]string
}

// state is what the centre has.
type state struct {
	county     client.County
	areas      map[string]client.Area
	calendars  map[string]client.Calendar
	units      map[string]client.Unit
	groups     map[string]client.Group
	assets     []client.Asset
	playlists  map[string]client.Playlist
	programmes map[string]client.Programme
}

// Make compares the file, whose audio files lie relative to dir, with what the
// centre has. It changes nothing.
func Make(ctx context.Context, c *client.Client, f File, dir string) (*Plan, error) {
	p := &Plan{c: c, dir: dir, ids: map[string]string{}}
	var err error
	if p.now, err = load(ctx, c); err != nil {
		return nil, err
	}
	areas := func() { put(p, "area", f.Areas, p.now.areas, func(a client.Area) string { return a.ID }, c.PutArea) }
	if f.County == nil || len(f.County.HighestIn) == 0 {
		p.county(f.County)
		areas()
	} else { // it names areas: they come first
		areas()
		p.county(f.County)
	}
	put(p, "calendar", f.Calendars, p.now.calendars, func(k client.Calendar) string { return k.ID }, c.PutCalendar)
	p.units(f.Units)
	put(p, "group", f.Groups, p.now.groups, func(g client.Group) string { return g.ID }, c.PutGroup)
	if err := p.assets(f.Assets); err != nil {
		return nil, err
	}
	if err := p.playlists(f.Playlists); err != nil {
		return nil, err
	}
	p.programmes(f.Programmes)
	return p, nil
}

// county plans what holds for every unit.
func (p *Plan) county(n *client.County) {
	if n == nil {
		return
	}
	wanted := *n
	if len(wanted.Loud) == 0 {
		wanted.Loud = []wire.Level{wire.LevelRed, wire.LevelOrange} // as the centre does
	}
	if !same(wanted, p.now.county) {
		p.change("county", wanted.Name, p.now.county, wanted, func(ctx context.Context) error {
			_, err := p.c.PutCounty(ctx, wanted)
			return err
		})
	}
}

// Apply makes the changes in order and calls done after each. It stops at the
// first that the centre refuses; what was done before stays, and a second Apply
// of a new plan goes on from there.
func (p *Plan) Apply(ctx context.Context, done func(Step)) error {
	for _, s := range p.Steps {
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s %s %s: %w", s.Act, s.Noun, s.ID, err)
		}
		if done != nil {
			done(s)
		}
	}
	return nil
}

func (p *Plan) add(act, noun, id string, do func(context.Context) error) {
	p.Steps = append(p.Steps, Step{Act: act, Noun: noun, ID: id, do: do})
}

// change plans a change from old to new.
func (p *Plan) change(noun, id string, old, new any, do func(context.Context) error) {
	p.Steps = append(p.Steps, Step{Act: "change", Noun: noun, ID: id, What: differences(old, new), do: do})
}

// put plans things that are put whole.
func put[T any](p *Plan, noun string, wanted []T, have map[string]T, id func(T) string, call func(context.Context, T) (T, error)) {
	for _, w := range wanted {
		do := func(ctx context.Context) error {
			_, err := call(ctx, w)
			return err
		}
		if old, ok := have[id(w)]; !ok {
			p.add("add", noun, id(w), do)
		} else if !same(w, old) {
			p.change(noun, id(w), old, w, do)
		}
	}
}

// same compares two things as JSON would write them, so that nil and empty are equal.
func same[T any](a, b T) bool { return reflect.DeepEqual(normal(a), normal(b)) }

func (p *Plan) units(wanted []client.UnitSpec) {
	for _, u := range wanted {
		old, ok := p.now.units[u.ID]
		if !ok {
			p.add("add", "unit", u.ID, func(ctx context.Context) error {
				added, err := p.c.AddUnit(ctx, u)
				if err == nil && p.Settings != nil {
					err = p.Settings(u.ID, added.Settings)
				}
				return err
			})
			continue
		}
		whole := filled(u, old.UnitSpec)
		if same(whole, old.UnitSpec) {
			continue
		}
		p.change("unit", u.ID, old.UnitSpec, whole, func(ctx context.Context) error {
			_, err := p.c.PutUnit(ctx, u)
			return err
		})
	}
}

// filled gives a unit the values that the centre fills in.
func filled(u, old client.UnitSpec) client.UnitSpec {
	if u.State == "" || u.State == "planned" && old.State == "installed" {
		u.State = old.State // its first birth installs a planned unit
	}
	if u.Name == "" {
		u.Name = u.ID
	}
	if len(u.Outputs) == 0 {
		u.Outputs = []wire.Output{wire.OutputSound}
	}
	if u.Volume == nil {
		v := 80
		u.Volume = &v
	}
	return u
}

func (p *Plan) assets(wanted []Asset) error {
	for i, a := range wanted {
		field := fmt.Sprintf("assets[%d]", i)
		if _, twice := p.ids[a.Key]; twice || a.Key == "" {
			return p.fault(field+".key", a.Key, [2]string{"没有写，或用了两次", "is empty or used twice"}, [2]string{"每条媒资写一个自己的 key", "give every asset a key of its own"})
		}
		id, err := p.find(field, a)
		if err != nil {
			return err
		}
		p.ids[a.Key] = id
		if id == "" {
			p.add("add", "asset", a.Key, func(ctx context.Context) error { return p.bring(ctx, a) })
		}
	}
	return nil
}

// find is the id of an asset that the centre has already, or "".
func (p *Plan) find(field string, a Asset) (string, error) {
	given := 0
	for _, s := range []string{a.Audio, a.Text, a.Speak} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return "", p.fault(field, a.Key, [2]string{"audio、text、speak 要正好写一个", "has not just one of audio, text and speak"}, [2]string{"写其中一个", "give one of them"})
	}
	hash := ""
	if a.Audio != "" {
		var err error
		if hash, err = hashOf(filepath.Join(p.dir, a.Audio)); err != nil {
			return "", p.fault(field+".audio", a.Audio, [2]string{"读不了：" + err.Error(), "cannot be read: " + err.Error()}, [2]string{"路径是相对于县文件的", "paths are relative to the county file"})
		}
	}
	for _, have := range p.now.assets {
		switch {
		case a.Audio != "" && have.ID == hash,
			a.Speak != "" && have.Kind == "audio" && have.Text == a.Speak,
			a.Text != "" && have.Kind == "text" && have.Text == a.Text && (a.Stay == 0 || a.Stay == have.Stay) &&
				(a.Color == "" || a.Color == have.Color) && (a.Effect == "" || a.Effect == have.Effect):
			return have.ID, nil
		}
	}
	return "", nil
}

// bring makes an asset at the centre.
func (p *Plan) bring(ctx context.Context, a Asset) error {
	var made client.Asset
	var err error
	switch {
	case a.Audio != "":
		made, err = p.c.AddAudio(ctx, filepath.Join(p.dir, a.Audio), a.Title, p.Progress)
	case a.Speak != "":
		made, err = p.c.Speak(ctx, client.SpeechSpec{Title: a.Title, Text: a.Speak})
	default:
		made, err = p.c.AddText(ctx, client.TextSpec{Title: a.Title, Text: a.Text, Stay: a.Stay, Effect: a.Effect, Color: a.Color})
	}
	p.ids[a.Key] = made.ID
	return err
}

func (p *Plan) playlists(wanted []Playlist) error {
	for i, l := range wanted {
		for j, it := range l.Items {
			for _, key := range []string{it.Audio, it.Text} {
				if _, ok := p.ids[key]; !ok && key != "" {
					return p.fault(fmt.Sprintf("playlists[%d].items[%d]", i, j), key, [2]string{"这个文件里没有这条媒资", "names no asset of this file"}, [2]string{"写一条媒资的 key", "write the key of an asset"})
				}
			}
		}
		old, ok := p.now.playlists[l.ID]
		old.Seconds = 0
		if ok && same(p.resolved(l), old) {
			continue
		}
		do := func(ctx context.Context) error {
			_, err := p.c.PutPlaylist(ctx, p.resolved(l))
			return err
		}
		if ok {
			p.change("playlist", l.ID, p.named(old), l, do)
		} else {
			p.add("add", "playlist", l.ID, do)
		}
	}
	return nil
}

// resolved is the playlist with asset ids, as far as they are known.
func (p *Plan) resolved(l Playlist) client.Playlist {
	out := client.Playlist{ID: l.ID, Title: l.Title, Area: l.Area, Items: []client.PlaylistItem{}}
	for _, it := range l.Items {
		out.Items = append(out.Items, client.PlaylistItem{Title: it.Title, Audio: p.ids[it.Audio], Text: p.ids[it.Text]})
	}
	return out
}

// named is the playlist as the file would write it: with keys in place of asset
// ids, as far as the file has them.
func (p *Plan) named(l client.Playlist) Playlist {
	keys := map[string]string{}
	for key, id := range p.ids {
		keys[id] = key
	}
	key := func(id string) string { return cmp.Or(keys[id], id) }
	out := Playlist{ID: l.ID, Title: l.Title}
	for _, it := range l.Items {
		out.Items = append(out.Items, Item{Title: it.Title, Audio: key(it.Audio), Text: key(it.Text)})
	}
	return out
}

func (p *Plan) programmes(wanted []Programme) {
	changed := map[string]bool{}
	for _, s := range p.Steps {
		changed[s.Noun+" "+s.ID] = true
	}
	for _, w := range wanted {
		old, ok := p.now.programmes[w.ID]
		onAir := old.State == "released" || old.State == "ended"
		waits := old.State == "submitted" || old.State == "releasing"
		stands := ok && (old.State == "draft" || onAir || waits)
		whole := defaulted(w.ProgrammeSpec, old, p.root())
		content := !stands || !same(whole, old.ProgrammeSpec)
		// The released version keeps the items it was released with: a new one takes the new items.
		again := changed["playlist "+w.Playlist]
		put := func(ctx context.Context) error {
			_, err := p.c.PutProgramme(ctx, w.ProgrammeSpec)
			return err
		}
		switch {
		case !ok:
			p.add("add", "programme", w.ID, put)
		case content || again:
			p.change("programme", w.ID, old.ProgrammeSpec, whole, put)
		}
		if !w.Draft && (content || again || !onAir && !waits) {
			p.add("release", "programme", w.ID, func(ctx context.Context) error { return p.release(ctx, w.ID) })
		}
	}
}

// release puts a draft on air at once, or hands it in where others have to agree.
func (p *Plan) release(ctx context.Context, id string) error {
	_, err := p.c.Release(ctx, id, true)
	if e, ok := errors.AsType[*client.Error](err); ok && e.Status == http.StatusConflict && len(e.Errors) == 1 && e.Errors[0].Field == "state" {
		_, err = p.c.Submit(ctx, id)
	}
	return err
}

// root is the id of the county's area, as the file or the centre has it.
func (p *Plan) root() string {
	for _, a := range p.now.areas {
		if a.Parent == "" {
			return a.ID
		}
	}
	return ""
}

// defaulted gives a programme the values that the centre fills in.
func defaulted(w client.ProgrammeSpec, old client.Programme, root string) client.ProgrammeSpec {
	loop := w.Rule.Kind == wire.RuleLoop
	either := func(v *string, ofLoop, otherwise string) {
		if *v == "" && loop {
			*v = ofLoop
		} else if *v == "" {
			*v = otherwise
		}
	}
	level := string(w.Level)
	either(&level, string(wire.LevelBackground), string(wire.LevelTimed))
	w.Level = wire.Level(level)
	either(&w.OnCut, wire.CutRejoin, wire.CutResume)
	either(&w.OnBlock, wire.BlockWait, wire.BlockWait)
	either(&w.Issuer, root, root)
	if w.Grace == nil {
		w.Grace = old.Grace
	}
	if w.Volume == 0 {
		w.Volume = 100
	}
	if w.MaxPlay == 0 {
		w.MaxPlay = old.MaxPlay
	}
	if w.Rule.Until == "" {
		w.Rule.Until = old.Rule.Until // every programme has an end: the centre gave it one
	}
	if w.Rule.From == "" {
		w.Rule.From = old.Rule.From
	}
	return w
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
