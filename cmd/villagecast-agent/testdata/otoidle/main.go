//go:build linux && cgo && alsa

// Command otoidle is what the agent's idle cost is compared with: oto with the
// card's buffer of the agent and one endless silent player, and nothing else.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/hajimehoshi/oto/v2"
)

const (
	rate   = 48000
	buffer = 100 * time.Millisecond // as player.ALSASettings has it
	period = rate / 20              // half of it, in frames
	frame  = 8                      // two channels of float32
)

type silence struct{}

// Read implements io.Reader.
func (silence) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func main() {
	ctx, ready, err := oto.NewContextWithOptions(&oto.NewContextOptions{
		SampleRate: rate, ChannelCount: 2, Format: oto.FormatFloat32LE, BufferSize: buffer,
	})
	if err == nil {
		<-ready
		err = ctx.Err()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	p := ctx.NewPlayer(silence{})
	p.(oto.BufferSizeSetter).SetBufferSize(2 * period * frame)
	p.Play()
	select {}
}
