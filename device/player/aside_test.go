package player

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// toneFrames is a tone as it is to sound.
func toneFrames(length time.Duration, gain float64) []float32 {
	t := tone{length: frames(length), gain: gain}
	buf := make([]float32, t.length)
	t.mix(buf)
	return buf
}

func over(t *testing.T, done <-chan error, want error) {
	t.Helper()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			t.Errorf("it ends with %v, want %v", err, want)
		}
	default:
		t.Error("it is not over")
	}
}

// TestAnAsideWaitsForTheAmplifier: the tone and what is said after it are whole,
// and not a frame sounds before the amplifier is warm or after it is off.
func TestAnAsideWaitsForTheAmplifier(t *testing.T) {
	type turn struct {
		on bool
		at time.Time
	}
	turns := make(chan turn, 10)
	opts := Options{Amp: func(on bool) { turns <- turn{on, time.Now()} }, AmpLead: 810 * time.Millisecond, AmpHold: 300 * time.Millisecond}
	stage(t, opts, func(p *Player, out *tape, start time.Time) {
		out.run(3 * time.Second)
		one, two := sweep(Rate, 1), sweep(Rate/2, 2)
		done, err := p.Say(Aside{Tone: 2 * time.Second, Gain: 0.3, Clips: []Span{{Clip: one, Frames: Rate, Gain: 1}, {Clip: two, Frames: Rate / 2, Gain: 0.5}}})
		if err != nil {
			t.Fatal(err)
		}
		out.run(6 * time.Second)
		over(t, done, nil)
		first := 3*Rate + int(frames(opts.AmpLead))
		tone := toneFrames(2*time.Second, 0.3)
		wantSilence(t, out.got, 0, first)
		wantSound(t, out.got, first, tone, 1)
		wantSound(t, out.got, first+len(tone), one.frames, 1)
		wantSound(t, out.got, first+len(tone)+Rate, two.frames, 0.5)
		end := first + len(tone) + Rate + Rate/2
		wantSilence(t, out.got, end, len(out.got))
		close(turns)
		var list []turn
		for x := range turns {
			list = append(list, x)
		}
		if len(list) != 3 || list[0].on || !list[1].on || list[2].on {
			t.Fatalf("the amplifier was switched %v, want off, on, off", list)
		}
		if at := list[1].at.Sub(start); at > 3*time.Second+60*time.Millisecond {
			t.Errorf("on after %v", at)
		}
		// What is handed out last sounds a latency later.
		if at, last := list[2].at.Sub(start), duration(int64(end))+out.latency; at < last || at > last+opts.AmpHold+200*time.Millisecond {
			t.Errorf("off after %v, the last sounds until %v", at, last)
		}
	})
}

// TestAnAsideGivesWay: it is mixed over the plan, which stays what it is, and falls
// silent when it is told to, muted, or replaced.
func TestAnAsideGivesWay(t *testing.T) {
	stage(t, Options{}, func(p *Player, out *tape, start time.Time) {
		song := sweep(10*Rate, 3)
		p.SetPlan([]Span{{ID: "song", At: start.Add(time.Second), Clip: song, Frames: 10 * Rate, Gain: 0.5}})
		out.run(2 * time.Second)
		done, err := p.Say(Aside{Tone: 5 * time.Second, Gain: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		out.run(time.Second)
		p.Hush()
		out.run(time.Second)
		over(t, done, ErrHushed)
		begun := slices.IndexFunc(out.got, func(f float32) bool { return f != 0 })
		wantSound(t, out.got, begun, song.frames[:2*Rate-begun], 0.5)
		quiet := 3*Rate + int(fadeFrames) + out.chunk
		wantSound(t, out.got, quiet, song.frames[quiet-begun:4*Rate-begun], 0.5)

		first, _ := p.Say(Aside{Tone: time.Second, Gain: 0.1})
		second, _ := p.Say(Aside{Tone: time.Second, Gain: 0.1})
		over(t, first, ErrHushed)
		p.SetMute(true)
		over(t, second, ErrMuted)
		if _, err := p.Say(Aside{Tone: time.Second}); !errors.Is(err, ErrMuted) {
			t.Errorf("muted: %v", err)
		}
		p.SetMute(false)
		bad, err := p.Say(Aside{Clips: []Span{{Clip: &sound{openErr: errDamaged}, Frames: Rate, Gain: 1}, {Clip: sweep(Rate/2, 1), Frames: Rate / 2, Gain: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		out.run(time.Second)
		over(t, bad, errDamaged)
		slow, err := p.Say(Aside{Clips: []Span{{Clip: &sound{wait: time.Minute, frames: make([]float32, Rate)}, Frames: Rate, Gain: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		out.run(6 * time.Second)
		over(t, slow, errSlowClip)
		lost, err := p.Say(Aside{Tone: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		out.fault(errDamaged)
		over(t, lost, errDamaged)
	})
}
