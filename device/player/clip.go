package player

import (
	"errors"
	"fmt"
	"io"

	"github.com/villagecast/villagecast/media/audio"
)

// FileClip is the clip of an audio file.
type FileClip struct {
	// File opens the file; the player closes it.
	File func() (io.ReadSeekCloser, error)
	// Type is the file's type as audio.Open takes it.
	Type string
	// Lead is how many frames at its beginning are left out.
	Lead int64
}

// Open implements Clip.
func (c FileClip) Open() (Stream, error) {
	f, err := c.File()
	if err != nil {
		return nil, err
	}
	s, err := audio.Open(f, c.Type)
	if err == nil {
		_, err = audio.Skip(s, c.Lead)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read audio file: %w", err), f.Close())
	}
	return WithClose(s, f), nil
}

// WithClose returns s with what the player is to close when it needs s no
// longer. Unlike a wrapper of one's own it lets the player skip quickly.
func WithClose(s Stream, c io.Closer) Stream { return closing{s, c} }

type closing struct {
	Stream
	io.Closer
}
