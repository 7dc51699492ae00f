package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/scheduler"
)

// Playlists lists every playlist by id.
func (s *Store) Playlists(ctx context.Context) (out []scheduler.Playlist, err error) {
	err = s.read(ctx, func(t *tx) error {
		ids, err := t.strings("SELECT id FROM playlist ORDER BY id")
		for _, id := range ids {
			p, _, err := t.playlist(id)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return err
	})
	return out, err
}

// Playlist is one playlist.
func (s *Store) Playlist(ctx context.Context, id string) (p scheduler.Playlist, err error) {
	err = s.read(ctx, func(t *tx) error {
		var found bool
		if p, found, err = t.playlist(id); err == nil && !found {
			return scheduler.Missing("playlist", id, t.ids("playlist"))
		}
		return err
	})
	return p, err
}

func (t *tx) playlist(id string) (scheduler.Playlist, bool, error) {
	p := scheduler.Playlist{ID: id}
	found, err := t.one("SELECT title, area, rev FROM playlist WHERE id = ?", []any{id}, &p.Title, &p.Area, &p.Rev)
	if err != nil || !found {
		return p, false, err
	}
	err = t.each(func(scan func(...any) error) error {
		var it scheduler.PlaylistItem
		err := scan(&it.Title, &it.Audio, &it.Text)
		p.Items = append(p.Items, it)
		return err
	}, "SELECT title, audio, text FROM playlist_item WHERE playlist = ? ORDER BY pos", id)
	return p, true, err
}

// PutPlaylist makes or changes a playlist. What was released before keeps the
// items that it was released with. Entries may name assets by the beginning of
// their ids.
func (s *Store) PutPlaylist(ctx context.Context, p scheduler.Playlist) (out scheduler.Playlist, change Change, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.wholeIDs(&p); err != nil {
			return err
		}
		var failed error
		if err := p.Validate(t.assetOf(&failed), t.world()); err != nil || failed != nil {
			if failed != nil {
				return failed
			}
			return err
		}
		old, found, err := t.playlist(p.ID)
		if err != nil {
			return err
		}
		if err := checkRev(p.Rev, old.Rev); err != nil {
			return err
		}
		out, change = p, Updated
		out.Rev = old.Rev
		switch {
		case !found:
			change = Created
		case out.Title == old.Title && out.Area == old.Area && sameItems(out.Items, old.Items):
			change = Unchanged
			return nil
		}
		out.Rev++
		if err := t.savePlaylist(out); err != nil {
			return fmt.Errorf("put playlist: %w", err)
		}
		return t.changed("put playlist", "playlist", p.ID, p.Title, before(found, old), out)
	})
	return out, change, err
}

func sameItems(a, b []scheduler.PlaylistItem) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// wholeIDs writes out shortened asset ids; what is not found is left to the validation.
func (t *tx) wholeIDs(p *scheduler.Playlist) error {
	items := make([]scheduler.PlaylistItem, len(p.Items))
	for i, it := range p.Items {
		for _, id := range []*string{&it.Audio, &it.Text} {
			if len(*id) == 64 || *id == "" {
				continue
			}
			a, err := t.assetLike(*id)
			switch {
			case err == nil:
				*id = a.ID
			case scheduler.KindOf(err) == "":
				return err
			}
		}
		items[i] = it
	}
	p.Items = items
	return nil
}

func (t *tx) savePlaylist(p scheduler.Playlist) error {
	if err := t.exec("INSERT INTO playlist (id, title, area, rev) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title, area = excluded.area, rev = excluded.rev", p.ID, p.Title, p.Area, p.Rev); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM playlist_item WHERE playlist = ?", p.ID); err != nil {
		return err
	}
	for i, it := range p.Items {
		if err := t.exec("INSERT INTO playlist_item (playlist, pos, title, audio, text) VALUES (?, ?, ?, ?, ?)", p.ID, i, it.Title, it.Audio, it.Text); err != nil {
			return err
		}
	}
	return nil
}

// RemovePlaylist removes a playlist that no draft names.
func (s *Store) RemovePlaylist(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.unused("playlist", id, []use{{"draft", "SELECT id FROM programme WHERE playlist = ? AND state IN ('draft', 'submitted', 'returned') LIMIT 1", []any{id}}}); err != nil {
			return err
		}
		return t.remove("playlist", "playlist", id)
	})
}
