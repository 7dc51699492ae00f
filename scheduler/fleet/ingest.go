package fleet

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Sizes of batches.
const (
	// gather is how long reports are gathered into one transaction. Of a unit
	// it gets one word for all of them.
	gather = 50 * time.Millisecond
	// batch is how much is worked off at once: so many messages about life, or
	// entries of reports. Others wait for the store meanwhile.
	batch = 2048
)

// keepPresence takes what units say of their life in the order in which they
// said it. It ends with ctx, after what was heard is worked off.
func (f *Fleet) keepPresence(ctx context.Context) {
	for {
		hs := collect(ctx, f.presence, 0, func(heard) int { return 1 })
		if len(hs) == 0 {
			return
		}
		f.presenceBatch(context.WithoutCancel(ctx), hs)
	}
}

// presenceBatch keeps the order of each unit's messages. What a unit holds is a
// whole statement, so of several only the last counts, and those of many units
// share a transaction.
func (f *Fleet) presenceBatch(ctx context.Context, hs []heard) {
	have := map[string]wire.Have{}
	for _, h := range hs {
		if h.have != nil {
			have[h.unit] = *h.have
			continue
		}
		if held, ok := have[h.unit]; ok && (h.birth != nil || h.will != nil) {
			f.keepHave(ctx, []wire.Have{held}, h.at)
			delete(have, h.unit)
		}
		var err error
		switch p := f.options.Presence; {
		case h.birth != nil:
			err = p.Born(ctx, *h.birth, h.at)
		case h.will != nil:
			err = p.Gone(ctx, *h.will, h.at)
		case h.beat != nil:
			err = p.Beat(ctx, *h.beat, h.at)
		case h.onAir != nil:
			err = f.options.Holdings.OnAir(ctx, h.unit, h.onAir.Session, h.onAir.OnAir, h.at)
		}
		if err != nil {
			f.log.Error("keep presence", "unit", h.unit, "error", err)
		}
	}
	if len(have) > 0 {
		units := slices.Sorted(maps.Keys(have))
		list := make([]wire.Have, len(units))
		for i, u := range units {
			list[i] = have[u]
		}
		f.keepHave(ctx, list, hs[len(hs)-1].at)
	}
}

func (f *Fleet) keepHave(ctx context.Context, hs []wire.Have, at time.Time) {
	if err := f.options.Holdings.HaveAll(ctx, hs, at); err != nil {
		f.log.Error("keep what units hold", "units", len(hs), "error", err)
	}
}

// keepReports commits reports a batch at a time and only then tells the units
// what is stored. A batch that fails is not answered: the units send it again.
func (f *Fleet) keepReports(ctx context.Context) {
	for {
		rs := collect(ctx, f.reports, gather, func(r wire.Report) int { return len(r.Entries) })
		if len(rs) == 0 {
			return
		}
		f.reportBatch(context.WithoutCancel(ctx), rs)
	}
}

func (f *Fleet) reportBatch(ctx context.Context, rs []wire.Report) {
	answers, err := f.options.Proof.RecordAll(ctx, rs, time.Now())
	if err != nil {
		f.log.Error("record reports", "reports", len(rs), "error", err)
		return
	}
	f.counted.commits.Add(1)
	type spool struct{ unit, spool string }
	stored := map[spool]wire.Stored{}
	for i, a := range answers {
		if a.Err != nil {
			f.refuse(wire.ReportTopic(a.Unit), a.Err)
			continue
		}
		f.counted.reports.Add(1)
		f.counted.entries.Add(int64(len(rs[i].Entries)))
		key := spool{a.Unit, a.Stored.Spool}
		if last, ok := stored[key]; !ok || a.Stored.Seq > last.Seq {
			stored[key] = a.Stored
		}
	}
	s := f.session.Load()
	if s == nil {
		return // the units send again, and are answered then
	}
	for key, word := range stored {
		b, err := wire.Encode(word)
		if err != nil {
			f.log.Error("acknowledge report", "unit", key.unit, "error", err)
			continue
		}
		// Not waited for: a word that is lost is said again when the unit asks again.
		s.client.Publish(wire.StoredTopic(key.unit), 1, false, b)
	}
}

// collect waits for a message, and then for more of them until gather is over,
// or without waiting if it is zero, or until together they weigh a batch. It
// returns none when ctx has ended and the channel is empty.
func collect[T any](ctx context.Context, c <-chan T, gather time.Duration, weigh func(T) int) []T {
	var list []T
	select {
	case v := <-c:
		list = append(list, v)
	case <-ctx.Done():
		select { // of two ready cases either may be taken
		case v := <-c:
			list = append(list, v)
		default:
			return nil
		}
	}
	var over <-chan time.Time
	if gather > 0 {
		t := time.NewTimer(gather)
		defer t.Stop()
		over = t.C
	}
	for weight := weigh(list[0]); weight < batch; {
		v, more := next(ctx, c, over)
		if !more {
			break
		}
		list = append(list, v)
		weight += weigh(v)
	}
	return list
}

// next waits for a message until over, which may be nil, or the end of ctx, and
// then takes one only if it is there.
func next[T any](ctx context.Context, c <-chan T, over <-chan time.Time) (v T, more bool) {
	if over != nil {
		select {
		case v = <-c:
			return v, true
		case <-over:
			return v, false
		case <-ctx.Done():
		}
	}
	select {
	case v = <-c:
		return v, true
	default:
		return v, false
	}
}
