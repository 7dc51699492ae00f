package app_test

import (
	"context"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// publish releases a loop of one sound for the whole county.
func (c *county) publish(id, hash string, size int64) {
	c.t.Helper()
	ctx, st := context.Background(), c.app.Store()
	_, _, err := st.AddAsset(ctx, scheduler.Asset{
		ID: strings.Repeat("a", 64), Kind: scheduler.AssetAudio, Title: "a melody", Name: "melody.wav", Size: size,
		Rendition: &scheduler.Rendition{Hash: hash, Size: size, Type: "wav", Frames: 10 * wire.Rate},
	})
	if err == nil {
		_, _, err = st.PutPlaylist(ctx, scheduler.Playlist{ID: id, Title: "melodies", Items: []scheduler.PlaylistItem{{Audio: strings.Repeat("a", 64)}}})
	}
	if err == nil {
		_, _, err = st.PutDraft(ctx, scheduler.Programme{
			ID: id, Title: "all day", Playlist: id, Issuer: "county", Targets: scheduler.Targets{Areas: []string{"county"}}, Volume: 100,
			Rule: wire.Rule{Kind: wire.RuleLoop, Window: &wire.Window{From: "07:00", To: "21:00"}, Until: "2030-01-01T00:00:00"},
		})
	}
	if err == nil {
		_, _, err = st.Release(ctx, id, 0)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}
