package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// ErrRestart says that the process should end and be started anew: the sound
// device was given up, a memory card that could not be opened can be now, or the
// centre asks for it.
var ErrRestart = errors.New("start the agent anew")

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

// client is a way to the centre's web server.
// Size of a panel whose unit says none.
const (
	panelWidth  = 256
	panelHeight = 32
)

// agent is the parts and what joins them.
type agent struct {
	o         Options
	boot      string
	started   time.Time
	log       *slog.Logger
	spool     *spool.Spool
	air       *airtime.Clock
	time      *timekeeper
	cond      *conditions
	link      *link
	keeper    *keeper
	fetcher   *fetcher
	preparer  *preparer
	reporter  *reporter
	conductor *conductor
	player    *player.Player
	screen    *screen.Screen
	inbox     chan message
	centre    atomic.Pointer[endpoint]
	commander *commander
	ring      *logRing
	quit      context.CancelCauseFunc // ends the agent
	dirty     chan struct{}           // the view is to be made anew
	suspects  suspects
	// name is the spool under whose name the sessions count.
	name atomic.Pointer[string]

	saying sync.Mutex // held from looking at what is held to saying it
	mu     sync.Mutex
	size   wire.Panel
	// mend ends at mendAt what was broken on purpose.
	mend   *time.Timer
	mendAt time.Time
}

// Run is an agent's life: it plays and proves until ctx ends, then stops in
// order and says farewell. The error is ErrRestart, what is wrong with the
// options, or nil.
func Run(ctx context.Context, o Options) error {
	if err := o.fill(); err != nil {
		return fmt.Errorf("start agent: %w", err)
	}
	a, err := assemble(o)
	if err != nil {
		return fmt.Errorf("start agent: %w", err)
	}
	if err := a.run(ctx); err != nil {
		return fmt.Errorf("run agent: %w", err)
	}
	return nil
}

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
	where, err := o.endpoint(o.Settings, a.dates)
	if err != nil {
		return nil, err
	}
	a.centre.Store(where)
	a.link = &link{
		unit: unit, centre: a.centre.Load, dial: o.Dial, number: a.number, birth: a.birth, cond: a.cond,
		log: a.log.With("part", "link"), inbox: a.inbox, came: a.came, since: time.Now(),
	}
	a.reporter = &reporter{unit: unit, boot: a.boot, spool: a.spool, air: a.air, link: a.link, cond: a.cond, log: a.log.With("part", "reporter"),
		wake: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	a.time = &timekeeper{
		unit: unit, root: root, air: a.air, spool: a.spool, log: a.log.With("part", "timekeeper"),
		centre:  a.centre.Load,
		old:     func() bool { return a.link.centreOld(wire.FeatureTime) },
		changed: func() { poke(a.conductor.wake) }, wake: make(chan struct{}, 1),
	}
	refused := &refusals{air: a.air, record: a.reporter.record, log: a.log.With("part", "keeper"), told: map[string]told{}}
	a.keeper = &keeper{unit: unit, root: root, spool: a.spool, air: a.air, log: a.log.With("part", "keeper"), refused: refused, follow: a.link.follow, changed: a.changed, ready: a.ready}
	a.keeper.view.Store(compile(nil, nil, nil))
	a.outputs()
	a.conductor = &conductor{
		unit: unit, boot: a.boot, lang: o.Lang, started: a.started, spool: a.spool, air: a.air, link: a.link, cond: a.cond, reporter: a.reporter,
		view: a.keeper.view.Load, doubt: a.doubt, alive: o.Alive, player: a.player, screen: a.screen, log: a.log.With("part", "conductor"), wake: make(chan struct{}, 1),
	}
	a.conductor.unopened = o.Sound != nil && a.player == nil
	a.conductor.planner = &planner{spans: map[string]*span{}}
	a.conductor.account = &account{lang: o.Lang, planner: a.conductor.planner}
	a.conductor.shared.Store(&status{})
	a.conductor.last, a.conductor.born, a.conductor.stepped = last, a.air.Elapsed(), a.air.Elapsed()
	a.conductor.shadow.Store(&timetable.State{})
	a.fetcher = &fetcher{
		centre: a.centre.Load, spool: a.spool, air: a.air, cond: a.cond, log: a.log.With("part", "fetcher"),
		view: a.keeper.view.Load, state: func() timetable.State { return *a.conductor.shadow.Load() }, isCut: a.link.isCut,
		ready: func() { poke(a.dirty) }, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}
	a.prepareSound()
	return a, nil
}

// dates are what certificates are judged by.
func (a *agent) dates() (now time.Time, within time.Duration, known bool) {
	return a.air.Now(), a.air.Uncertainty(), a.air.Trusted()
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

func (a *agent) run(ctx context.Context) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // outlasts ctx: what is stopped must still be said
	defer end()
	ctx, a.quit = context.WithCancelCause(ctx)
	defer a.quit(nil)
	var rest sync.WaitGroup
	a.keeper.start()
	rest.Go(func() { a.listen(life) })
	rest.Go(func() { a.link.run(life) })
	rest.Go(func() { a.fetcher.run(life) })
	if a.player != nil && a.player.Decodes() {
		rest.Go(func() { a.preparer.run(life) })
	}
	rest.Go(func() { a.time.watch(life) })
	rest.Go(func() { a.time.run(life) })
	rest.Go(func() { a.watchSettings(life) })
	rest.Go(func() { a.reporter.run(life) })
	rest.Go(func() { a.commander.run(life) })
	stopPage := a.servePage(life, &rest)
	if a.o.Started != nil {
		a.o.Started(a.soundName(), a.pageURL())
	}

	showing, dark := context.WithCancel(life)
	var panel sync.WaitGroup
	if a.screen != nil {
		panel.Go(func() {
			if err := a.screen.Run(showing); err != nil {
				a.log.Error("the screen has ended", "err", err)
			}
		})
	}
	err := a.conductor.run(ctx)
	a.o.Stopping()

	dark()
	panel.Wait()
	if a.player != nil {
		err = errors.Join(err, a.player.Close())
	}
	a.conductor.stop(a.conductor.present())
	a.reporter.lastWords(time.Second)
	stopPage()
	end()
	rest.Wait()
	if errors.Is(context.Cause(ctx), errAsked) {
		err = errors.Join(err, errAsked)
	}
	if errors.Is(err, errGivenUp) || errors.Is(err, errCardBack) || errors.Is(err, errAsked) {
		err = errors.Join(ErrRestart, err)
	}
	return errors.Join(err, a.spool.Close())
}

// listen looks at what comes from the broker, in order, and makes the view anew
// where something else asks for it.
func (a *agent) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.dirty:
			a.keeper.rebuild()
		case m := <-a.inbox:
			a.hear(m)
		}
	}
}

func (a *agent) hear(m message) {
	topic, err := wire.ParseTopic(m.topic)
	if err != nil {
		a.log.Warn("a message on an unknown topic", "err", err)
		return
	}
	switch topic.Channel {
	case wire.ChannelBulletin, wire.ChannelOrders, wire.ChannelKeys:
		a.keeper.take(topic, m.topic, m.payload)
	case wire.ChannelStored:
		a.reporter.stored(m.payload)
	case wire.ChannelAsk:
		a.reporter.ask(m.payload)
	case wire.ChannelCommand:
		a.commander.take(m.payload)
	case wire.ChannelCentre:
		if c, ok := a.reporter.centre(m.payload); ok {
			m.session.learn(c.Features)
		}
	}
}

// changed passes a new view, or a new refusal, on.
func (a *agent) changed() {
	a.fitScreen(a.keeper.view.Load())
	poke(a.conductor.wake)
	a.fetcher.changed()
	poke(a.preparer.wake)
	a.sayHave()
}

// came is called when a session has begun.
func (a *agent) came() {
	a.sayHave()
	a.conductor.beat.Store(true)
	poke(a.conductor.wake)
	poke(a.reporter.wake)
	a.fetcher.again()
	poke(a.time.wake)
}

// sayHave looks and posts as one: an older look posted after a newer one would
// stand at the centre until the next change.
func (a *agent) sayHave() {
	a.saying.Lock()
	defer a.saying.Unlock()
	if session := a.link.session(); session > 0 {
		a.link.post(wire.ChannelHave, a.keeper.have(session), true)
	}
}

// doubt is told of a file that could not be played.
func (a *agent) doubt(h media.Hash) {
	if a.suspects.failed(h) {
		a.log.Error("a file is whole and cannot be played; it is left out for now", "file", h.Short(), "for", unplayableFor)
	} else {
		a.spool.Doubt(h)
	}
	poke(a.dirty)
}

// ready tells whether a file can be played. One that is on the card is verified
// when it is opened at the latest: to wait for it after a start would let a
// warning begin with its second item.
func (a *agent) ready(hash string) bool {
	h := media.Hash(hash)
	return a.spool.HasAsset(h) && !a.suspects.has(h)
}

// fitScreen makes the panel of the size that the settings say.
func (a *agent) fitScreen(v *view) {
	if a.screen == nil {
		return
	}
	if v.county != nil {
		a.screen.SetSlogan(v.county.Slogan)
		a.screen.SetZone(v.county.Zone)
	}
	if !v.has(wire.OutputScreen) {
		return
	}
	size := wire.Panel{Width: panelWidth, Height: panelHeight}
	if v.settings.Panel != nil {
		size = *v.settings.Panel
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size == size {
		return
	}
	a.size = size
	panel, err := a.o.Panel(size.Width, size.Height)
	if err != nil {
		a.cond.raise(CodePanelLost, err.Error())
		return
	}
	a.cond.clear(CodePanelLost)
	a.screen.SetPanel(panel)
}

// number is that of the next session.
func (a *agent) number() (uint64, error) {
	name, n := a.spool.Session()
	a.name.Store(&name)
	return n, nil
}

// birth is the first word of a session.
func (a *agent) birth(session uint64) wire.Birth {
	b := wire.Birth{
		Page: a.pageURL(),
		Unit: a.o.Settings.Unit, Session: session, Spool: *a.name.Load(), Boot: a.boot, At: a.air.Stamp(),
		Software: words(a.o.Software, wire.MaxTitle), Wire: wire.Version, Features: features(), SoundOutput: words(a.soundName(), wire.MaxTitle),
	}
	if a.player != nil {
		b.Outputs = append(b.Outputs, wire.OutputSound)
	}
	if a.screen != nil {
		b.Outputs = append(b.Outputs, wire.OutputScreen)
	}
	return b
}

func (a *agent) pageURL() string {
	if a.o.Listener == nil {
		return ""
	}
	return "http://" + a.o.Listener.Addr().String() + "/"
}

func (a *agent) soundName() string {
	if a.player == nil {
		return "no sound output"
	}
	return a.player.Status().Output
}
