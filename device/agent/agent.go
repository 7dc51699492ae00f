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
	"time"

	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// ErrRestart says that the process should end and be started anew: the sound
// device was given up.
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
	// Throttle limits downloads, nil does not.
	Throttle Throttle
	// Now is the system's clock; nil is time.Now.
	Now func() time.Time
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
}

func (o *Options) fill() error {
	if err := o.Settings.Validate(); err != nil {
		return err
	}
	if o.Disk == nil {
		return errors.New("disk is nil: give the directory of the unit's data")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lang == "" {
		o.Lang = "zh"
	}
	if o.BreakFor == 0 {
		o.BreakFor = BreakLasts
	}
	if o.Software == "" {
		o.Software = "villagecast-agent"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.HTTP == nil {
		config, err := o.Settings.TLS()
		if err != nil {
			return err
		}
		o.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: stall, IdleConnTimeout: time.Minute}}
	}
	return nil
}

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
	air       *air
	cond      *conditions
	link      *link
	keeper    *keeper
	fetcher   *fetcher
	reporter  *reporter
	conductor *conductor
	player    *player.Player
	screen    *screen.Screen
	inbox     chan message
	dirty     chan struct{} // the view is to be made anew

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
	var boot [8]byte
	_, _ = rand.Read(boot[:]) // never fails
	a := &agent{
		o: o, boot: hex.EncodeToString(boot[:]), started: time.Now(), log: o.Logger.With("component", "agent", "unit", o.Settings.Unit),
		inbox: make(chan message, maxInbox), dirty: make(chan struct{}, 1),
	}
	root, err := o.Settings.RootKey()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := o.Settings.TLS()
	if err != nil {
		return nil, err
	}
	if a.spool, err = spool.Open(o.Disk); err != nil {
		return nil, err
	}
	last := a.spool.LastAlive()
	a.air = newAir(o.Now, last.Floor)
	a.cond = &conditions{now: o.Now, set: map[string]wire.Condition{}}
	unit := o.Settings.Unit
	a.link = &link{
		unit: unit, settings: o.Settings, tls: tlsConfig, dial: o.Dial, number: a.spool.Session, birth: a.birth,
		log: a.log.With("part", "link"), inbox: a.inbox, came: a.came, since: time.Now(),
	}
	a.reporter = &reporter{unit: unit, boot: a.boot, spool: a.spool, air: a.air, link: a.link, cond: a.cond, log: a.log.With("part", "reporter"),
		wake: make(chan struct{}, 1), answered: make(chan struct{}, 1)}
	refused := &refusals{air: a.air, record: a.reporter.record, log: a.log.With("part", "keeper"), told: map[string]told{}}
	a.keeper = &keeper{unit: unit, root: root, spool: a.spool, air: a.air, log: a.log.With("part", "keeper"), refused: refused, follow: a.link.follow, changed: a.changed}
	a.keeper.view.Store(compile(nil, nil, nil))
	a.outputs()
	a.conductor = &conductor{
		unit: unit, boot: a.boot, lang: o.Lang, started: a.started, spool: a.spool, air: a.air, link: a.link, cond: a.cond, reporter: a.reporter,
		view: a.keeper.view.Load, doubt: a.doubt, player: a.player, screen: a.screen, log: a.log.With("part", "conductor"), wake: make(chan struct{}, 1),
	}
	a.conductor.unopened = o.Sound != nil && a.player == nil
	a.conductor.planner = &planner{spans: map[string]*span{}}
	a.conductor.account = &account{lang: o.Lang, planner: a.conductor.planner}
	a.conductor.shared.Store(&status{})
	a.conductor.state = bootState(a, last)
	a.conductor.shadow.Store(&a.conductor.state)
	a.fetcher = &fetcher{
		base: o.Settings.HTTP, client: o.HTTP, throttle: o.Throttle, spool: a.spool, air: a.air, cond: a.cond, log: a.log.With("part", "fetcher"),
		view: a.keeper.view.Load, state: func() timetable.State { return *a.conductor.shadow.Load() }, isCut: a.link.isCut,
		ready: func() { poke(a.dirty) }, wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
	}
	return a, nil
}

// bootState records the time before, if the clock can say how long it was.
func bootState(a *agent, last spool.Alive) timetable.State {
	if !a.air.trusted() {
		last.Open = nil
	}
	return boot(last, a.air.Now(), a.reporter.record)
}

// outputs makes the player and the screen. A sound output that cannot be
// opened leaves a unit that says so.
func (a *agent) outputs() {
	opts := player.Options{Now: a.air.Now, Logger: a.log}
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
	var rest sync.WaitGroup
	a.keeper.start(life)
	rest.Go(func() { a.listen(life) })
	rest.Go(func() { a.link.run(life) })
	rest.Go(func() { a.fetcher.run(life) })
	rest.Go(func() { a.reporter.run(life) })
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

	dark()
	panel.Wait()
	if a.player != nil {
		err = errors.Join(err, a.player.Close())
	}
	a.conductor.stop(a.air.Now())
	a.reporter.lastWords(time.Second)
	stopPage()
	end()
	rest.Wait()
	if errors.Is(err, errGivenUp) {
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
			a.hear(ctx, m)
		}
	}
}

func (a *agent) hear(ctx context.Context, m message) {
	topic, err := wire.ParseTopic(m.topic)
	if err != nil {
		a.log.Warn("a message on an unknown topic", "err", err)
		return
	}
	switch topic.Channel {
	case wire.ChannelBulletin, wire.ChannelOrders, wire.ChannelKeys:
		a.keeper.take(ctx, topic, m.topic, m.payload)
	case wire.ChannelStored:
		a.reporter.stored(m.payload)
	case wire.ChannelAsk:
		a.reporter.ask(m.payload)
	case wire.ChannelCentre:
		a.reporter.centre(m.payload)
	}
}

// changed passes a new view, or a new refusal, on.
func (a *agent) changed() {
	a.fitScreen(a.keeper.view.Load())
	poke(a.conductor.wake)
	a.fetcher.changed()
	a.sayHave()
}

// came is called when a session has begun.
func (a *agent) came() {
	a.sayHave()
	a.conductor.beat.Store(true)
	poke(a.conductor.wake)
	poke(a.reporter.wake)
	poke(a.fetcher.wake)
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

func (a *agent) doubt(h media.Hash) {
	a.spool.Doubt(h)
	poke(a.dirty)
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

// birth is the first word of a session.
func (a *agent) birth(session uint64) wire.Birth {
	b := wire.Birth{
		Page: a.pageURL(),
		Unit: a.o.Settings.Unit, Session: session, Spool: a.spool.ID(), Boot: a.boot, At: a.air.stamp(),
		Software: words(a.o.Software, wire.MaxTitle), Wire: wire.Version, Features: timetable.Features(), SoundOutput: words(a.soundName(), wire.MaxTitle),
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
