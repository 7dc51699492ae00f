package api

import (
	"context"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// playlists adds the routes of playlists.
func (s *server) playlists() {
	route(s, methodGet, "/playlists", "list-playlists", "All playlists", scheduler.ActRead, anywhere[none](),
		func(ctx context.Context, _ *none) (*answer[client.Page[client.Playlist]], error) {
			all, err := s.Store.Playlists(ctx)
			if err != nil {
				return nil, err
			}
			page := client.Page[client.Playlist]{Items: []client.Playlist{}}
			for _, p := range all {
				page.Items = append(page.Items, s.measured(ctx, p))
			}
			return reply(page), nil
		})
	route(s, methodGet, "/playlists/{id}", "get-playlist", "One playlist", scheduler.ActRead, anywhere[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Playlist], error) {
			p, err := s.Store.Playlist(ctx, in.ID)
			return versioned(s.measured(ctx, p), p.Rev), err
		})
	route(s, methodPut, "/playlists/{id}", "put-playlist", "Makes or changes a playlist", scheduler.ActDraft, at(s.placesOfPlaylist),
		func(ctx context.Context, in *change[client.Playlist]) (*answer[client.Playlist], error) {
			rev, err := replaced(in.Match, in.ID, &in.Body.ID)
			if err != nil {
				return nil, err
			}
			p := playlistIn(in.Body)
			p.Rev = rev
			p, _, err = s.Store.PutPlaylist(ctx, p)
			return versioned(s.measured(ctx, p), p.Rev), err
		})
	route(s, methodDelete, "/playlists/{id}", "remove-playlist", "Removes a playlist that no draft uses", scheduler.ActDraft, at(s.ofPlaylist),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Store.RemovePlaylist(ctx, in.ID) })
}

// measured adds the length of one round.
func (s *server) measured(ctx context.Context, p scheduler.Playlist) client.Playlist {
	out := playlistOut(p)
	for _, it := range p.Items {
		id := it.Audio
		if id == "" {
			id = it.Text
		}
		a, err := s.Store.Asset(ctx, id)
		switch {
		case err != nil:
		case a.Rendition != nil:
			out.Seconds += seconds(a.Rendition.Frames)
		default:
			out.Seconds += float64(a.Stay) / 1000
		}
	}
	return out
}
