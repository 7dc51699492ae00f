package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

const assetColumns = "id, kind, title, name, created, text, stay, effect, color, size, rendition"

func scanAsset(scan func(...any) error) (scheduler.Asset, error) {
	var a scheduler.Asset
	var created int64
	var rendition string
	err := scan(&a.ID, &a.Kind, &a.Title, &a.Name, &created, &a.Text, &a.Stay, &a.Effect, &a.Color, &a.Size, &rendition)
	a.Created = at(created)
	if err == nil {
		err = decode(rendition, &a.Rendition)
	}
	return a, err
}

// asset finds an asset by its whole id.
func (t *tx) asset(id string) (a scheduler.Asset, found bool, err error) {
	err = t.each(func(scan func(...any) error) error {
		found = true
		a, err = scanAsset(scan)
		return err
	}, "SELECT "+assetColumns+" FROM asset WHERE id = ?", id)
	return a, found, err
}

// assetOf is asset for the domain; a database error is kept in err.
func (t *tx) assetOf(err *error) func(id string) (scheduler.Asset, bool) {
	return func(id string) (scheduler.Asset, bool) {
		a, found, e := t.asset(id)
		if e != nil && *err == nil {
			*err = e
		}
		return a, found
	}
}

// AddAsset stores an asset. Bytes that are there already change nothing but
// title, stay, effect, colour and rendition. For a text the id may be left
// empty, and so may the stay.
func (s *Store) AddAsset(ctx context.Context, a scheduler.Asset) (out scheduler.Asset, change Change, err error) {
	if a.Kind == scheduler.AssetText {
		sum := sha256.Sum256([]byte(a.Text))
		a.ID, a.Size, a.Rendition = hex.EncodeToString(sum[:]), int64(len(a.Text)), nil
		if a.Stay == 0 {
			a.Stay = scheduler.StayFor(a.Text)
		}
	}
	if err := a.Validate(); err != nil {
		return a, "", err
	}
	err = s.write(ctx, func(t *tx) error {
		old, found, err := t.asset(a.ID)
		if err != nil {
			return err
		}
		out, change = a, Created
		out.Created = t.now
		if found {
			out, change = merge(old, a), Updated
			if encode(out) == encode(old) {
				change = Unchanged
				return nil
			}
		}
		if err := t.saveAsset(out); err != nil {
			return fmt.Errorf("add asset: %w", err)
		}
		return t.audit("add asset", "asset", a.ID, a.Title)
	})
	return out, change, err
}

// merge is the asset that is there, with what was said anew of the same bytes.
func merge(old, a scheduler.Asset) scheduler.Asset {
	if a.Title != "" {
		old.Title = a.Title
	}
	if a.Rendition != nil {
		old.Rendition = a.Rendition
	}
	old.Stay, old.Effect, old.Color = a.Stay, a.Effect, a.Color
	return old
}

func (t *tx) saveAsset(a scheduler.Asset) error {
	hash, rendition := "", ""
	if a.Rendition != nil {
		hash, rendition = a.Rendition.Hash, encode(a.Rendition)
	}
	return t.exec(`INSERT INTO asset (id, kind, title, name, created, text, stay, effect, color, size, hash, rendition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, stay = excluded.stay, effect = excluded.effect, color = excluded.color, hash = excluded.hash, rendition = excluded.rendition`,
		a.ID, a.Kind, a.Title, a.Name, ms(a.Created), a.Text, a.Stay, a.Effect, a.Color, a.Size, hash, rendition)
}

// Asset is one asset, by its id or a beginning of it of at least 6 digits that
// only one asset has.
func (s *Store) Asset(ctx context.Context, id string) (a scheduler.Asset, err error) {
	err = s.read(ctx, func(t *tx) error {
		a, err = t.assetLike(id)
		return err
	})
	return a, err
}

func (t *tx) assetLike(id string) (scheduler.Asset, error) {
	var found []scheduler.Asset
	low, high := id, id
	if len(id) >= 6 && strings.Trim(id, "0123456789abcdef") == "" {
		high = id + "g" // after every hex digit
	}
	err := t.each(func(scan func(...any) error) error {
		a, err := scanAsset(scan)
		found = append(found, a)
		return err
	}, "SELECT "+assetColumns+" FROM asset WHERE id >= ? AND id <= ? ORDER BY id LIMIT 2", low, high)
	switch {
	case err != nil:
		return scheduler.Asset{}, err
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && found[0].ID != id:
		return scheduler.Asset{}, &scheduler.Error{Kind: scheduler.Invalid, Field: "id", Value: id,
			Message: scheduler.Words{ZH: "有几条媒资都是这样开头", EN: "several assets begin so"},
			Remedy:  scheduler.Words{ZH: "多写几位", EN: "give more digits"}}
	case len(found) > 1:
		return found[0], nil
	}
	return scheduler.Asset{}, scheduler.Missing("asset", id, nil)
}

// Assets lists assets, newest first.
func (s *Store) Assets(ctx context.Context, f AssetFilter) (out []scheduler.Asset, next string, err error) {
	created, id := int64(1<<62), ""
	if f.After != "" {
		when, rest, ok := strings.Cut(f.After, ".")
		if created, err = strconv.ParseInt(when, 10, 64); err != nil || !ok {
			return nil, "", badCursor(f.After)
		}
		id = rest
	}
	err = s.read(ctx, func(t *tx) error {
		return t.each(func(scan func(...any) error) error {
			a, err := scanAsset(scan)
			out = append(out, a)
			return err
		}, "SELECT "+assetColumns+` FROM asset WHERE (created, id) < (?, ?) AND (? = '' OR kind = ?)
			AND (? = '' OR instr(title, ?) > 0 OR instr(name, ?) > 0 OR instr(text, ?) > 0) ORDER BY created DESC, id DESC LIMIT ?`,
			created, id, f.Kind, f.Kind, f.Text, f.Text, f.Text, f.Text, limitOf(f.Page)+1)
	})
	out, next = cut(out, f.Page, func(a scheduler.Asset) string { return fmt.Sprintf("%d.%s", ms(a.Created), a.ID) })
	return out, next, err
}

// RemoveAsset removes an asset that nothing uses; one that a playlist, a
// released programme or a warning in force uses is a conflict that names the
// user. It returns the hashes of files that nothing needs any more.
func (s *Store) RemoveAsset(ctx context.Context, id string) (unneeded []string, err error) {
	err = s.write(ctx, func(t *tx) error {
		a, found, err := t.asset(id)
		if err != nil {
			return err
		}
		if !found {
			return scheduler.Missing("asset", id, nil)
		}
		if err := t.unused("asset", id, []use{
			{"playlist", "SELECT playlist FROM playlist_item WHERE audio = ? LIMIT 1", []any{id}},
			{"playlist", "SELECT playlist FROM playlist_item WHERE text = ? LIMIT 1", []any{id}},
			{"programme", namedBy, []any{"asset", id}},
			{"warning that waits", "SELECT id FROM warning_waiting WHERE body ->> 'Audio' = ? AND until > ? LIMIT 1", []any{id, ms(t.now)}},
			{"warning", "SELECT id FROM warning WHERE audio = ? AND ended = 0 AND until > ? LIMIT 1", []any{id, ms(t.now)}},
		}); err != nil {
			return err
		}
		if err := t.remove("asset", "asset", id); err != nil {
			return err
		}
		unneeded, err = t.unneeded(a)
		return err
	})
	return unneeded, err
}

// unneeded are the files of a removed asset that neither another asset nor a
// published snapshot needs.
func (t *tx) unneeded(a scheduler.Asset) ([]string, error) {
	if a.Kind != scheduler.AssetAudio {
		return nil, nil
	}
	hashes := []string{a.ID}
	if a.Rendition != nil {
		hashes = append(hashes, a.Rendition.Hash)
	}
	var out []string
	for _, h := range slices.Compact(hashes) {
		var n int
		needed, err := t.one("SELECT 1 WHERE EXISTS (SELECT 1 FROM asset WHERE hash = ? OR id = ?) OR EXISTS (SELECT 1 FROM media WHERE hash = ?)", []any{h, h, h}, &n)
		if err != nil {
			return nil, err
		}
		if !needed {
			out = append(out, h)
		}
	}
	return out, nil
}

// Media tells whether a published snapshot names the file, and its format and
// size: only such a file is served to units.
func (s *Store) Media(ctx context.Context, hash string) (typ string, size int64, ok bool, err error) {
	err = s.read(ctx, func(t *tx) error {
		ok, err = t.one("SELECT type, size FROM media WHERE hash = ? LIMIT 1", []any{hash}, &typ, &size)
		return err
	})
	return typ, size, ok, err
}
