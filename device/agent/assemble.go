package agent

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// assemble makes the parts and joins them; nothing runs yet.
func assemble(o Options) (*agent, error) {
	ring := &logRing{}
	o.Logger = slog.New(slog.NewMultiHandler(o.Logger.Handler(), slog.NewTextHandler(ring, nil)))
	var boot [8]byte
	_, _ = rand.Read(boot[:]) // never fails
	a := &agent{
		o: o, boot: hex.EncodeToString(boot[:]), started: time.Now(), log: o.Logger.With("component", "agent", "unit", o.Settings.Unit),
		inbox: make(chan message, maxInbox), dirty: make(chan struct{}, 1), ring: ring,
	}
	a.commander = &commander{a: a, log: a.log.With("part", "commander"), orders: make(chan wire.Command, maxCommands)}
	root, err := o.Settings.RootKey()
	if err != nil {
		return nil, err
	}
	a.spool = spool.Open(o.Disk)
	last := a.spool.LastAlive()
	a.air = clock(o.Board, a.spool, a.log)
	a.cond = &conditions{now: a.air.Now, set: map[string]wire.Condition{}}
	unit := o.Settings.Unit
	a.enroller = a.enrolling()
	where, err := o.endpoint(o.Settings, a.dates, a.enroller.badge)
	if err != nil {
		return nil, err
	}
	a.centre.Store(where)
	a.link = &link{
		unit: unit, centre: a.centre.Load, dial: o.Dial, number: a.number, birth: a.birth, cond: a.cond,
		log: a.log.With("part", "link"), inbox: a.inbox, came: a.came, since: time.Now(), leaf: a.enroller.badge.leaf, turned: a.enroller.turnedAway,
	}
	a.reporter = &reporter{unit: unit, boot: a.boot, spool: a.spool, air: a.air, link: a.link, cond: a.cond, log: a.log.With("part", "reporter"),
		wake: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	heard := &word{air: a.air}
	a.time = &timekeeper{
		unit: unit, root: root, air: a.air, word: heard, spool: a.spool, log: a.log.With("part", "timekeeper"),
		centre: a.centre.Load,
		old:    func() bool { return a.link.centreOld(wire.FeatureTime) },
		changed: func() {
			poke(a.conductor.wake)
			poke(a.enroller.wake)
		}, wake: make(chan struct{}, 1),
	}
	refused := &refusals{air: a.air, record: a.reporter.record, log: a.log.With("part", "keeper"), told: map[string]told{}}
	a.keeper = &keeper{unit: unit, root: root, spool: a.spool, air: a.air, log: a.log.With("part", "keeper"), refused: refused, word: heard, cond: a.cond, serial: a.enroller.badge.serial, follow: a.link.follow, changed: a.changed, say: a.sayHave, ready: a.ready}
	a.time.refuse = func(err error) { refused.note("time", wire.RefusalCode(err), err.Error()) }
	a.keeper.view.Store(compile(nil, nil, nil, nil))
	a.outputs()
	a.conductor = &conductor{
		unit: unit, boot: a.boot, lang: o.Lang, started: a.started, spool: a.spool, air: a.air, link: a.link, cond: a.cond, reporter: a.reporter,
		view: a.keeper.view.Load, word: heard, doubt: a.doubt, alive: o.Alive, player: a.player, screen: a.screen, log: a.log.With("part", "conductor"), wake: make(chan struct{}, 1),
	}
	a.conductor.refuse = refused.note
	a.conductor.unopened = o.Sound != nil && a.player == nil
	a.conductor.planner = &planner{spans: map[string]*span{}}
	a.conductor.account = &account{lang: o.Lang, planner: a.conductor.planner, absent: a.player != nil && a.player.Status().Absent}
	a.conductor.shared.Store(&status{})
	a.conductor.last, a.conductor.born, a.conductor.stepped = last, a.air.Elapsed(), a.air.Elapsed()
	a.conductor.shadow.Store(&timetable.State{})
	a.fetcher = a.fetching(refused)
	a.prepareSound()
	return a, nil
}

// fetching makes what brings recordings.
func (a *agent) fetching(refused *refusals) *fetcher {
	return &fetcher{
		centre: a.centre.Load, spool: a.spool, air: a.air, cond: a.cond, log: a.log.With("part", "fetcher"),
		view: a.keeper.view.Load, state: func() timetable.State { return *a.conductor.shadow.Load() }, isCut: a.link.isCut,
		refuse: func(why string) { refused.note("media", wire.RefusedAltered, why) },
		ready:  func() { poke(a.dirty) }, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}
}

// enrolling makes what keeps the device's certificate.
func (a *agent) enrolling() *enroller {
	log := a.log.With("part", "enroller")
	b, err := openBadge(a.o.Settings.Unit, a.spool.Device(), a.spool.KeepDevice)
	if err != nil {
		log.Error("the device needs another claim", "err", err)
	}
	return &enroller{
		badge: b, centre: a.centre.Load, dates: a.dates, cond: a.cond, log: log, wake: make(chan struct{}, 1),
		knows: func(feature string) bool { return a.link.centreKnows(feature) },
		changed: func() {
			poke(a.dirty) // it may have been silent because of the one before
			a.centre.Load().forget()
			a.link.drop(errors.New("the device has another certificate"))
		},
	}
}

// outputs makes the player and the screen. A sound output that cannot be
// opened leaves a unit that says so.
func (a *agent) outputs() {
	opts := player.Options{Now: a.air.Now, Logger: a.log}
	a.amplifier(&opts)
	for _, out := range []player.Output{a.o.Sound, a.o.Fallback} {
		if out == nil {
			continue
		}
		p := player.New(out, opts)
		err := p.Start()
		if err == nil {
			a.player = p
			break
		}
		a.log.Error("the sound output cannot be opened", "output", out.Name(), "err", err)
		_ = p.Close()
	}
	if a.o.Panel != nil {
		a.screen = screen.New(screen.Counting{}, screen.Options{Now: a.air.Now, Logger: a.log})
	}
}
