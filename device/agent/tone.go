package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

const (
	// toneLength and toneGain are the test tone's, at full volume.
	toneLength = 2 * time.Second
	toneGain   = 0.3
	// maxSaid is how much is said after a tone.
	maxSaid = time.Minute
)

// tone sounds for a person at the pole, whatever the hour, and says the items of
// the command that are on the card or come within a while; a warning goes first. It waits for the
// amplifier as everything does. It is an event, and no proof of anything that was
// scheduled.
func (c *commander) tone(ctx context.Context, m wire.Command) (string, error) {
	a := c.a
	if a.player == nil {
		return "", errors.New("the unit has no sound output")
	}
	for _, o := range a.conductor.shared.Load().onAir {
		if o.Interrupt != "" && o.Output == wire.OutputSound {
			return "", errors.New("a warning is on air: " + o.Title)
		}
	}
	if len(m.Items) > 0 {
		defer a.fetcher.say(ctx, m.Items)()
	}
	volume := a.keeper.view.Load().volume()
	gain := float64(volume) / 100
	said, left := a.sayable(m.Items, gain)
	over, err := a.player.Say(player.Aside{Tone: toneLength, Gain: toneGain * gain, Clips: said})
	if err != nil {
		return "", fmt.Errorf("nobody would hear it: %w", err)
	}
	a.reporter.record(event(a.air.Now(), CodeTone, fmt.Sprintf("test tone of %v at volume %d, as the centre asked", toneLength, volume)))
	select {
	case err = <-over:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("it did not sound whole: %w", err)
	}
	text := fmt.Sprintf("sounded for %v at volume %d, to %s", toneLength, volume, a.soundName())
	if len(m.Items) > 0 {
		text += fmt.Sprintf("; said %d of %d items", len(said), len(said)+left)
	}
	return text, nil
}

// sayable are the sounds of a command's items that are on the card, up to
// maxSaid, and how many are left out.
func (a *agent) sayable(items []wire.Item, gain float64) (said []player.Span, left int) {
	room := frames(maxSaid)
	for _, item := range items {
		s := item.Sound
		switch {
		case s == nil:
		case s.Frames > room || !a.spool.HasAsset(media.Hash(s.Hash)):
			left++
		default:
			room -= s.Frames
			said = append(said, player.Span{ID: s.Hash, Frames: s.Frames, Gain: gain, Clip: clip{a.spool, *s}})
		}
	}
	return said, left
}
