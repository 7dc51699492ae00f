package player

import (
	"errors"
	"log/slog"
	"time"

	"github.com/villagecast/villagecast/media/audio"
)

// Rate is the number of frames in a second of every stream here.
const Rate = 48000

// FadeTime is how long a span that is cut takes to fall silent.
const FadeTime = 300 * time.Millisecond

// Stream is sound being decoded: mono float32 at Rate, full scale ±1.
type Stream = audio.Stream

// Clip is something that can be played, several times, even at once.
type Clip interface {
	// Open returns a new stream that begins with frame 0 of the clip (after
	// its trimmed lead). It is called from a goroutine of the player's, about
	// three seconds ahead, and may block. A stream with a Close() error method
	// is closed when it is no longer needed.
	Open() (Stream, error)
}

// Span is one stretch of one clip at one instant.
type Span struct {
	// ID names the span and its clip, unique within a plan. A span of a new
	// plan with the same ID and the same origin (At less Offset) is the same
	// span: if it sounds it goes on, with its new Frames, Gain and Cut.
	ID string
	// At is the air time at which its first frame sounds.
	At time.Time
	// Clip is opened ahead of At; Counting never opens it and takes nil.
	Clip Clip
	// Offset is the frame of the clip that sounds at At; Frames is how many
	// frames are played from there. Where Offset is not 0 the sound begins with
	// an edge of 10 ms instead of a click.
	Offset, Frames int64
	// Gain multiplies every sample, 1 leaves them as they are, bit by bit.
	Gain float64
	// Cut says that the span ends in the middle of its item: its last 300 ms
	// fade out. Otherwise its end is exact.
	Cut bool
}

// End is the air time at which the last frame of the span is over.
func (s Span) End() time.Time { return s.At.Add(duration(s.Frames)) }

// Played is one contiguous stretch of a span that the output really took. A
// span has several when the output failed in its middle, and none but one with
// Err and no frames when it could not be played.
type Played struct {
	// ID is the span's.
	ID string
	// Offset is the first frame of the clip that was handed out, Frames how
	// many followed it, the fade of a cut included.
	Offset, Frames int64
	// At is the air time at which the first one sounded, by the anchor of the
	// time when it was handed out; zero if none was.
	At time.Time
	// Late is At less the instant at which the plan wanted that frame; to
	// within a microsecond, negative when early.
	Late time.Duration
	// Silent is how many of Frames went out as silence: the clip was behind
	// (sound then goes on where the clock is) or the player was muted,
	// or there is no output.
	Silent int64
	// Cut says that the span was ended by a new plan before its end.
	Cut bool
	// Err says why the stretch ended before its span did: the clip's error,
	// ErrShort, ErrMissed or ErrGap; nil if it ended as planned.
	Err error
}

// Errors that Played and Status carry; match them with errors.Is.
var (
	// ErrShort: the clip ended before the frames that the span wanted.
	ErrShort = errors.New("clip is shorter than its span")
	// ErrMissed: the span's time was over before any of it could sound.
	ErrMissed = errors.New("time of the span was over before it could sound")
	// ErrGap: the output stopped taking frames; the rest of the span follows as
	// a stretch of its own, where the clock is, if the output comes back.
	ErrGap = errors.New("output stopped taking frames")
	// ErrStalled: the output took no frames for more than a second and
	// reports no fault.
	ErrStalled = errors.New("sound output is stalled")
	// ErrRacing: the output takes frames faster than time goes by, so that none
	// of them can be sounding.
	ErrRacing = errors.New("sound output swallows sound faster than it can play")
	// ErrGivenUp: the output does not try again; the process should end and
	// be started anew.
	ErrGivenUp = errors.New("sound output given up")
	// ErrNoSound: the program was built without a sound output.
	ErrNoSound = errors.New("built without sound; build with -tags alsa")
	// ErrNoCard: there is no sound card, or it cannot be opened.
	ErrNoCard = errors.New("no sound card")
)

// Output takes frames. An implementation is started once and closed once.
type Output interface {
	// Name describes the output in a few words, "ALSA default, buffer 100 ms".
	Name() string
	// Latency is the fixed time from a call of fill to the instant at which
	// the first frame that it gave sounds, when the output keeps pace. It does
	// not change after Start.
	Latency() time.Duration
	// Start begins to call fill, from one goroutine at a time, whenever the
	// output wants len(p) more frames; fill fills all of p and never blocks.
	// Start returns when the output is open, or why it could not be opened.
	//
	// fault tells the player what befalls the output: an error when it has
	// stopped and is being opened again, nil when it plays again, an error
	// that is ErrGivenUp when it will not.
	Start(fill func(p []float32), fault func(error)) error
	// Close stops the calls of fill and waits until they are over.
	Close() error
}

// Options are a player's settings; the zero value is ready for use.
type Options struct {
	// Now is the clock of Span.At, air time; default time.Now. It may jump:
	// spans not begun then move with it, what sounds goes on.
	Now func() time.Time
	// Grace is how late a span of Offset 0 may begin and still begin whole; one
	// that is later begins at the frame where the clock is. Default:
	// twice the output's latency plus AmpLead, at least 250 ms.
	Grace time.Duration
	// Ahead is how much of a clip is decoded ahead and how long before its
	// instant it is opened; default 3 s, at least 500 ms.
	Ahead time.Duration
	// Amp switches the amplifier, if not nil: on at least AmpLead before the
	// first frame sounds (a span that is due at once waits for it), off when
	// nothing has sounded for AmpHold (default 5 s) and nothing is near; off too
	// at the beginning. It is called from one goroutine and may block a little.
	Amp     func(on bool)
	AmpLead time.Duration
	AmpHold time.Duration
	// Logger gets what went wrong; default slog.Default.
	Logger *slog.Logger
}

// Status is how the player and its output are.
type Status struct {
	// Output is the output's name.
	Output string
	// Absent: it only keeps time in the place of one that is not there.
	Absent bool
	// Fault is why nothing can sound now; nil when all is well. Given up is
	// told by errors.Is(Fault, ErrGivenUp).
	Fault error
	// Since is when Fault last changed (system clock).
	Since time.Time
	// LastFill is when the output last took frames (system clock).
	LastFill time.Time
	// Taken is how many frames the output has taken.
	Taken int64
	// Reanchors counts how often the output fell behind (an underrun, a lost
	// device) and the frame clock was anchored anew; Slipped is the sum.
	Reanchors int
	Slipped   time.Duration
	// Starved is how many frames of spans went out as silence because a
	// clip was behind.
	Starved int64
	// Muted says that SetMute(true) holds.
	Muted bool
}
