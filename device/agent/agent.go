package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/airtime"
	"github.com/villagecast/villagecast/device/player"
	"github.com/villagecast/villagecast/device/screen"
	"github.com/villagecast/villagecast/device/spool"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/media"
)

// ErrRestart says that the process should end and be started anew: the sound
// device was given up, a memory card that could not be opened can be now, or the
// centre asks for it.
var ErrRestart = errors.New("start the agent anew")

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
	enroller  *enroller
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

// dates are what certificates are judged by.
func (a *agent) dates() (now time.Time, within time.Duration, known bool) {
	return a.air.Now(), a.air.Uncertainty(), a.air.Trusted()
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
	rest.Go(func() { a.enroller.run(life) })
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
	if lost := a.spool.HandOver(a.conductor.before); lost != nil {
		a.log.Error("the card that is back takes nothing; what is not stored is lost", "err", lost)
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
			a.link.waiting.Add(-int64(len(m.payload)))
			a.hear(m)
		}
	}
}

func (a *agent) hear(m message) {
	if m.over > 0 {
		a.keeper.refused.note("message", wire.RefusedTooBig, fmt.Sprintf("a packet of %d bytes, the limit is %d", m.over, maxPacket))
		return
	}
	topic, err := wire.ParseTopic(m.topic)
	if err != nil || m.stray {
		a.keeper.refused.note("message", wire.RefusedWrongAddress, fmt.Sprintf("it came on %.200q, which is not this unit's to hear", m.topic))
		return
	}
	switch topic.Channel {
	case wire.ChannelBulletin, wire.ChannelOrders, wire.ChannelKeys:
		a.keeper.take(topic, m.topic, m.payload)
	case wire.ChannelStored:
		a.misread(topic, a.reporter.stored(m.payload))
	case wire.ChannelAsk:
		a.misread(topic, a.reporter.ask(m.payload))
	case wire.ChannelCommand:
		a.commander.take(m.payload)
	case wire.ChannelCentre:
		c, err := a.reporter.centre(m.payload)
		if a.misread(topic, err); err == nil {
			m.session.learn(c.Features)
			poke(a.enroller.wake)
		}
	}
}

// misread tells of a message without a signature that cannot be read.
func (a *agent) misread(topic wire.Topic, err error) {
	if err != nil {
		a.keeper.refused.note(string(topic.Channel), wire.RefusalCode(err), err.Error())
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

// doubt is told of a file that could not be played. One that the card has damaged, or
// that is not there any more because it did, is fetched again: that says nothing
// against the file itself.
func (a *agent) doubt(h media.Hash) {
	switch {
	case !a.spool.Verified(h):
	case a.suspects.failed(h):
		a.log.Error("a file is whole and cannot be played; it is left out for now", "file", h.Short(), "for", unplayableFor)
	default:
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
	if a.player != nil && !a.player.Status().Absent {
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
