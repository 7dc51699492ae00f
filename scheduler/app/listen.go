package app

import (
	"context"
	"io"

	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/scheduler"
)

// Rendition is the file of a hash that travels to the units.
func (in *intake) Rendition(_ context.Context, hash string) (io.ReadSeekCloser, error) {
	f, err := in.files.Open(media.Hash(hash))
	if err != nil {
		return nil, err // not a nil *File in an interface
	}
	return f, nil
}

// Original is the file of an audio asset as it was uploaded.
func (in *intake) Original(ctx context.Context, id string) (io.ReadSeekCloser, scheduler.Asset, error) {
	a, err := in.store.Asset(ctx, id)
	if err != nil {
		return nil, a, err
	}
	if a.Kind != scheduler.AssetAudio {
		return nil, a, &scheduler.Error{Kind: scheduler.NotFound, Field: "id", Value: id,
			Message: scheduler.Words{ZH: "文字没有文件", EN: "a text has no file"},
			Remedy:  scheduler.Words{ZH: "读它的文字", EN: "read its text"}}
	}
	f, err := in.files.Open(media.Hash(a.ID))
	return f, a, err
}
