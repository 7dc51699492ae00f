package agent

import (
	"errors"
	"fmt"
	"io"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
	"github.com/villagecast/villagecast/media/audio"
)

// clip is a file on the card, from its first frame after the lead.
type clip struct {
	spool *spool.Spool
	sound wire.Sound
}

// Open verifies the file if this process has not yet, and gives its sound: as it
// was prepared if it was, and decoded. What is prepared and damaged goes on decoded.
func (c clip) Open() (s player.Stream, err error) {
	h, files := media.Hash(c.sound.Hash), &closers{}
	defer func() {
		if err != nil {
			err = errors.Join(err, files.Close())
		}
	}()
	if err := c.spool.Verify(h); err != nil {
		return nil, err
	}
	decoded := func() (audio.Stream, error) {
		f, err := c.spool.OpenAsset(h)
		if err != nil {
			return nil, err
		}
		*files = append(*files, f)
		return audio.Open(f, c.sound.Type)
	}
	p, err := c.spool.OpenPrepared(h)
	if err == nil {
		*files = append(*files, p)
		s, err = audio.OpenPrepared(p, p.Size, p.Key, func(why error) (audio.Stream, error) {
			c.spool.HurtPrepared(h, why)
			return decoded()
		})
	} else {
		s, err = decoded()
	}
	if err == nil {
		_, err = audio.Skip(s, c.sound.Lead)
	}
	if err != nil {
		return nil, fmt.Errorf("open clip: %w", err)
	}
	return player.WithClose(s, files), nil
}

// closers are files to be closed together.
type closers []io.Closer

// Close closes all.
func (c *closers) Close() error {
	var err error
	for _, f := range *c {
		err = errors.Join(err, f.Close())
	}
	return err
}
