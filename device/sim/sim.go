// Package sim is many units in one process. Each of them is device/agent with
// all its own loops: the real wire, signatures, spool, timetable, proof. Only the
// edges are others: the memory card is in memory, and the outputs count what they
// are given instead of rendering it, so that a county of a thousand units fits
// into one small machine, and a day of twenty into seconds of a testing/synctest
// bubble.
//
// Faults befall units on a schedule: the power goes, the playing loop hangs, the
// network vanishes.
package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/device/spool"
)

// Options are what a county of units runs on. Units must be given.
type Options struct {
	// Units are the settings of each unit, as the centre wrote them.
	Units []agent.Settings
	// Dial connects a unit to the broker; nil connects to its Settings.MQTT.
	Dial func(ctx context.Context, unit string) (net.Conn, error)
	// HTTP fetches media for all units; nil is one client of the agent's own
	// making for each unit. Media are really fetched and really verified.
	HTTP *http.Client
	// Disk makes the memory card of a unit; nil makes one in memory, which
	// loses what was not synced when the power goes.
	Disk func(unit string) spool.Disk
	// Now is the system clock of every unit; nil is time.Now.
	Now func() time.Time
	// Ramp is the time over which the units are switched on, one after the other.
	Ramp time.Duration
	// Faults befall the units.
	Faults []Fault
	// Software is what the units say they run; Lang is the language of their
	// reasons, "zh" (default) or "en".
	Software, Lang string
	// Hear, if not nil, is told whenever a unit's sound begins or ends, at that
	// moment, by several goroutines.
	Hear func(unit string, sounds bool)
	// Logger gets what the units log; nil discards it.
	Logger *slog.Logger
}

func (o *Options) fill() error {
	if len(o.Units) == 0 {
		return errors.New("no units are given")
	}
	known := map[string]bool{}
	for _, s := range o.Units {
		if err := s.Validate(); err != nil {
			return err
		}
		if known[s.Unit] {
			return fmt.Errorf("unit %q is given twice: two devices cannot have one identity", s.Unit)
		}
		known[s.Unit] = true
	}
	for _, f := range o.Faults {
		if !slices.Contains(kinds(), f.Kind) {
			return fmt.Errorf("fault %q: use kill, hang or cut", f.Kind)
		}
		for _, id := range f.Units {
			if !known[id] {
				return fmt.Errorf("fault %q befalls unit %q, which is not simulated", f.Kind, id)
			}
		}
	}
	if o.Disk == nil {
		o.Disk = func(string) spool.Disk { return spool.Memory() }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Software == "" {
		o.Software = "villagecast-sim"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// State is how the county is, in numbers of units.
type State struct {
	// Units are all; On run, Off have no power, Failed have ended by themselves.
	Units, On, Off, Failed int
	// Connected have a connection to the broker that works.
	Connected int
	// Hung and Cut are those that a fault holds.
	Hung, Cut int
	// Dials counts the attempts to connect since the start.
	Dials int64
	// Error is why one of those that failed has ended.
	Error error
}

// String is the state as one line.
func (s State) String() string {
	return fmt.Sprintf("%d units: %d on, %d connected, %d off, %d hung, %d cut off, %d failed; %d dials", s.Units, s.On, s.Connected, s.Off, s.Hung, s.Cut, s.Failed, s.Dials)
}

// Sim is a county of units. It runs from Start to Stop.
type Sim struct {
	o     Options
	units []*unit
	ctx   context.Context
	end   context.CancelFunc
	wg    sync.WaitGroup
}

// Start switches the units on and returns; the ramp and the faults go on by
// themselves.
func Start(o Options) (*Sim, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("start simulation: %w", err)
	}
	s := &Sim{o: o}
	s.ctx, s.end = context.WithCancel(context.Background())
	for _, settings := range o.Units {
		u := &unit{settings: settings, disk: o.Disk(settings.Unit)}
		u.line.dial = s.dialler(settings)
		s.units = append(s.units, u)
	}
	s.wg.Go(s.rampUp)
	for _, f := range o.Faults {
		s.wg.Go(func() { s.suffer(f) })
	}
	return s, nil
}

// dialler connects a unit to the broker.
func (s *Sim) dialler(settings agent.Settings) func(context.Context) (net.Conn, error) {
	if s.o.Dial != nil {
		return func(ctx context.Context) (net.Conn, error) { return s.o.Dial(ctx, settings.Unit) }
	}
	return func(ctx context.Context) (net.Conn, error) { return dialBroker(ctx, settings) }
}

// dialBroker connects to the address that the settings name, under TLS for ssl.
func dialBroker(ctx context.Context, settings agent.Settings) (net.Conn, error) {
	u, err := url.Parse(settings.MQTT)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "ssl" {
		return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	}
	config, err := settings.TLS()
	if err != nil {
		return nil, err
	}
	return tlsDial(ctx, u.Host, config)
}

func (s *Sim) rampUp() {
	pause := s.o.Ramp / time.Duration(len(s.units))
	for _, u := range s.units {
		u.on(s.ctx, &s.o)
		if pause > 0 && !s.sleep(pause) {
			return
		}
	}
}

// suffer lets one fault happen.
func (s *Sim) suffer(f Fault) {
	if !s.sleep(f.At) {
		return
	}
	s.Inflict(f.Kind, f.Units...)
	if f.For == 0 || !s.sleep(f.For) {
		return
	}
	s.Mend(f.Kind, f.Units...)
}

// Inflict lets a fault befall units now (none are all), until Mend.
func (s *Sim) Inflict(k Kind, units ...string) {
	s.each(units, func(u *unit) {
		switch k {
		case Kill:
			u.powerCut()
		case Hang:
			s.say(u.hang(true))
		case Cut:
			u.line.setCut(true)
		}
	})
}

// Mend ends a fault.
func (s *Sim) Mend(k Kind, units ...string) {
	s.each(units, func(u *unit) {
		switch k {
		case Kill:
			u.on(s.ctx, &s.o)
		case Hang:
			s.say(u.hang(false))
		case Cut:
			u.line.setCut(false)
		}
	})
}

// say logs what went wrong with a fault.
func (s *Sim) say(err error) {
	if err != nil {
		s.o.Logger.Error("a fault did not happen", "component", "sim", "err", err)
	}
}

// each does something to the units, all at once, and waits.
func (s *Sim) each(ids []string, do func(*unit)) {
	f := Fault{Units: ids}
	var wg sync.WaitGroup
	for _, u := range s.units {
		if f.befalls(u.settings.Unit) {
			wg.Go(func() { do(u) })
		}
	}
	wg.Wait()
}

// State is how the county is now.
func (s *Sim) State() State {
	var st State
	for _, u := range s.units {
		u.state(&st)
	}
	return st
}

// Stop switches every unit off in order, with a farewell, and waits for all.
// What befell them is mended first.
func (s *Sim) Stop() {
	s.end()
	s.wg.Wait()
	s.each(nil, func(u *unit) {
		u.stop()
		u.line.setCut(false) // closes what a cut line held open
	})
}

func (s *Sim) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
