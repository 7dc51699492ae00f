package store

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
)

// AddAsset stores an asset. Bytes that are there already change nothing but
// title, stay, effect and colour. For a text the id may be left empty.
func (s *Store) AddAsset(ctx context.Context, a scheduler.Asset) (scheduler.Asset, Change, error) {
	panic("unfinished")
}

// Asset is one asset, by its id or a beginning of it of at least 6 digits that
// only one asset has.
func (s *Store) Asset(ctx context.Context, id string) (scheduler.Asset, error) { panic("unfinished") }

// AssetFilter chooses assets; the zero value is all.
type AssetFilter struct {
	Kind scheduler.AssetKind
	// Text is looked for in title, name and text.
	Text string
	Page
}

// Assets lists assets, newest first.
func (s *Store) Assets(ctx context.Context, f AssetFilter) ([]scheduler.Asset, string, error) {
	panic("unfinished")
}

// RemoveAsset removes an asset that nothing uses; one that a playlist, a
// released programme or a warning in force uses is a conflict that names the
// user. It returns the hashes of files that nothing needs any more.
func (s *Store) RemoveAsset(ctx context.Context, id string) (unneeded []string, err error) {
	panic("unfinished")
}

// Media tells whether a published snapshot names the file, and its format and
// size: only such a file is served to units.
func (s *Store) Media(ctx context.Context, hash string) (typ string, size int64, ok bool, err error) {
	panic("unfinished")
}

// Playlists lists every playlist by id.
func (s *Store) Playlists(ctx context.Context) ([]scheduler.Playlist, error) { panic("unfinished") }

// Playlist is one playlist.
func (s *Store) Playlist(ctx context.Context, id string) (scheduler.Playlist, error) {
	panic("unfinished")
}

// PutPlaylist makes or changes a playlist. What was released before keeps the
// items that it was released with.
func (s *Store) PutPlaylist(ctx context.Context, p scheduler.Playlist) (scheduler.Playlist, Change, error) {
	panic("unfinished")
}

// RemovePlaylist removes a playlist that no draft names.
func (s *Store) RemovePlaylist(ctx context.Context, id string) error { panic("unfinished") }
