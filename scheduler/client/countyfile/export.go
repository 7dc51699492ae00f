package countyfile

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/villagecast/villagecast/scheduler/client"
)

// Export writes the county back: the file, and its audio files under
// media/ in dir. Applying it to the same centre changes nothing.
func Export(ctx context.Context, c *client.Client, dir string) (File, error) {
	now, err := load(ctx, c)
	if err != nil {
		return File{}, err
	}
	f := File{County: &now.county, Calendars: sorted(now.calendars), Groups: sorted(now.groups)}
	if f.Areas, err = c.Areas(ctx); err != nil { // parents first
		return File{}, err
	}
	for _, u := range sorted(now.units) {
		f.Units = append(f.Units, u.UnitSpec)
	}
	keys := map[string]string{}
	for _, a := range slices.Backward(now.assets) { // oldest first
		out, err := asset(ctx, c, a, dir)
		if err != nil {
			return File{}, err
		}
		keys[a.ID] = out.Key
		f.Assets = append(f.Assets, out)
	}
	for _, p := range sorted(now.playlists) {
		out := Playlist{ID: p.ID, Title: p.Title, Area: p.Area}
		for _, it := range p.Items {
			out.Items = append(out.Items, Item{Title: it.Title, Audio: keys[it.Audio], Text: keys[it.Text]})
		}
		f.Playlists = append(f.Playlists, out)
	}
	for _, p := range sorted(now.programmes) {
		if p.State == "draft" || p.State == "released" {
			f.Programmes = append(f.Programmes, Programme{ProgrammeSpec: p.ProgrammeSpec, Draft: p.State == "draft"})
		}
	}
	return f, nil
}

func sorted[T any](m map[string]T) []T {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, cmp.Compare)
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = m[id]
	}
	return out
}

// asset says an asset as a file does; an upload is written beside it.
func asset(ctx context.Context, c *client.Client, a client.Asset, dir string) (Asset, error) {
	out := Asset{Key: a.ID[:12], Title: a.Title}
	switch {
	case a.Kind == "text":
		out.Text, out.Stay, out.Effect, out.Color = a.Text, a.Stay, a.Effect, a.Color
		return out, nil
	case a.Text != "":
		out.Speak = a.Text
		return out, nil
	}
	out.Audio = filepath.Join("media", a.ID[:12]+filepath.Ext(a.Name))
	return out, fetch(ctx, c, a, filepath.Join(dir, out.Audio))
}

func fetch(ctx context.Context, c *client.Client, a client.Asset, path string) (err error) {
	if have, err := hashOf(path); err == nil && have == a.ID {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make directory for media: %w", err)
	}
	body, err := c.AssetFile(ctx, a.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write media: %w", err)
	}
	if _, err := io.Copy(f, body); err != nil {
		f.Close()
		return fmt.Errorf("write media: %w", err)
	}
	return f.Close()
}
