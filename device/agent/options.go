package agent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
)

// Options are what an agent runs on.
type Options struct {
	Settings Settings
	// Disk is where the spool stands.
	Disk spool.Disk
	// Sound is the sound output, nil for none; Fallback is taken, if not nil,
	// when Sound cannot be opened.
	Sound, Fallback player.Output
	// Panel makes the panel for a size in pixels, when the unit's settings say
	// it and whenever they change; nil is a unit without a screen. A panel of
	// size 0 by 0 leaves the showing to the kiosk page.
	Panel func(width, height int) (screen.Panel, error)
	// Dial connects to the broker; nil connects to Settings.MQTT.
	Dial func(context.Context) (net.Conn, error)
	// Reach connects to an address of the settings, beneath TLS; nil is the machine's
	// network.
	Reach func(ctx context.Context, network, address string) (net.Conn, error)
	// HTTP fetches media; nil is a client that believes Settings.CA.
	HTTP *http.Client
	// Reload reads the settings once more, nil never: another address, authority
	// or secret of the centre, or another pace, is taken over.
	Reload func() (Settings, error)
	// Board is what the machine can tell of its clocks: airtime.Board() for the
	// one that the program runs on. The zero value has time.Now, which nobody
	// vouches for.
	Board airtime.System
	// Listener is where the local page is served, nil for none. It must listen
	// on loopback only. Run closes it.
	Listener net.Listener
	// Demo adds what breaks things on purpose to the local page.
	Demo bool
	// BreakFor is how long what Demo broke stays broken if nobody mends it; 0 is
	// BreakLasts.
	BreakFor time.Duration
	// Software is the program's name and version.
	Software string
	// Lang is the language of reasons in words, "zh" (default) or "en".
	Lang string
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Started is called once, if not nil, with the name of the sound output and
	// the address of the local page, empty for none.
	Started func(sound, page string)
	// Alive is called, if not nil, at every turn of the playing loop and at
	// least each 15 s: when it falls silent, the unit does too.
	Alive func()
	// Stopping is called once, if not nil, when the playing loop has ended.
	Stopping func()
}

func (o *Options) fill() error {
	if err := o.Settings.Validate(); err != nil {
		return err
	}
	if o.Disk == nil {
		return errors.New("disk is nil: give the directory of the unit's data")
	}
	switch o.Settings.Clock {
	case ClockChip:
		o.Board.Chip = true
	case ClockNone:
		o.Board.Chip = false
	}
	for _, f := range []*func(){&o.Alive, &o.Stopping} {
		if *f == nil {
			*f = func() {}
		}
	}
	if o.BreakFor == 0 {
		o.BreakFor = BreakLasts
	}
	if o.Lang == "" {
		o.Lang = "zh"
	}
	if o.Software == "" {
		o.Software = "villagecast-agent"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return nil
}
