package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

func asFieldError(err error) (*wire.FieldError, bool) { return errors.AsType[*wire.FieldError](err) }

// newID is a random id with a letter for its kind.
func newID(kind string) string { return kind + "-" + strings.ToLower(rand.Text()[:16]) }

// Warn issues a warning at once, or, where the county wants two persons, lets it
// wait for the second (Waits). An empty ID gets one; Issued is now; Volume 0
// means 100; Issuer "" is the area itself. The same ID with the same content
// changes nothing, with another it is a conflict.
func (s *Store) Warn(ctx context.Context, w scheduler.Warning) (out scheduler.Warning, r Reach, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, r, err = t.warn(w)
		return err
	})
	return out, r, err
}

func (t *tx) warn(w scheduler.Warning) (scheduler.Warning, Reach, error) {
	if w.ID == "" {
		w.ID = newID("w")
	}
	if w.Issuer == "" {
		w.Issuer = w.Area
	}
	if w.Volume == 0 {
		w.Volume = 100
	}
	if w.Title == "" {
		w.Title = firstLine(w.Text, w.ID)
	}
	w.Ended, w.End, w.Issued = time.Time{}, "", t.now.Truncate(time.Millisecond)
	w.By = t.actor.ID
	if err := w.Validate(t.world(), t.now); err != nil {
		return w, Reach{}, err
	}
	c, err := t.county()
	if err == nil {
		err = w.CheckLevel(c, t.tree())
	}
	if err != nil {
		return w, Reach{}, err
	}
	address := []wire.Address{wire.AreaAddress(w.Area)}
	if old, found, err := t.warning(w.ID); err != nil || found {
		if same := old; err == nil {
			same.Issued, same.Ended, same.End, same.By, same.Confirmed = w.Issued, w.Ended, w.End, w.By, w.Confirmed
			if encode(same) != encode(w) {
				err = conflict("id", w.ID,
					scheduler.Words{ZH: "已有另一个预警用这个编号", EN: "there is another warning with this id"},
					scheduler.Words{ZH: "换一个编号，或不写", EN: "give a new id, or none"})
			}
		}
		return old, t.reach(address, nil), err
	}
	if c.Steps(t.tree(), w.Issuer, w.Level, t.actor) == 0 {
		return t.issue(w)
	}
	if w, _, err = t.travels(w); err == nil {
		w, err = t.hold(w)
	}
	return w, t.reach(address, nil), err
}

// travels gives a warning the whole id of its recording, and the form of it that
// goes to the units.
func (t *tx) travels(w scheduler.Warning) (scheduler.Warning, wire.Interrupt, error) {
	var audio *scheduler.Rendition
	if w.Audio != "" {
		a, err := t.assetLike(w.Audio)
		switch {
		case scheduler.KindOf(err) != "":
			return w, wire.Interrupt{}, &scheduler.Error{Kind: scheduler.Invalid, Field: "audio", Value: w.Audio,
				Message: scheduler.Words{ZH: "没有这条媒资", EN: "there is no such asset"},
				Remedy:  scheduler.Words{ZH: "看看媒资列表，或先添加", EN: "list the assets, or add it first"}}
		case err != nil:
			return w, wire.Interrupt{}, err
		case a.Kind != scheduler.AssetAudio || a.Rendition == nil:
			return w, wire.Interrupt{}, &scheduler.Error{Kind: scheduler.Invalid, Field: "audio", Value: w.Audio,
				Message: scheduler.Words{ZH: "这条媒资不是可以下发的音频", EN: "this asset is no audio that is ready to travel"},
				Remedy:  scheduler.Words{ZH: "写一条音频", EN: "name an audio asset"}}
		}
		audio, w.Audio = a.Rendition, a.ID
	}
	i := w.Wire(audio)
	if err := i.Validate(); err != nil {
		return w, i, fromWire("", err)
	}
	return w, i, nil
}

// issue puts a warning into the orders.
func (t *tx) issue(w scheduler.Warning) (scheduler.Warning, Reach, error) {
	w.Issued = t.now.Truncate(time.Millisecond)
	if err := w.Validate(t.world(), t.now); err != nil { // again, if it waited
		return w, Reach{}, err
	}
	w, i, err := t.travels(w)
	if err != nil {
		return w, Reach{}, err
	}
	address := []wire.Address{wire.AreaAddress(w.Area)}
	if err := t.exec("INSERT INTO warning (id, area, body, interrupt, audio, issued, until, ended, why_ended) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '')",
		w.ID, w.Area, encode(w), encode(i), w.Audio, ms(w.Issued), ms(w.Until)); err != nil {
		return w, Reach{}, fmt.Errorf("warn: %w", err)
	}
	if err := t.roomInOrders(address[0]); err != nil {
		return w, Reach{}, err
	}
	if err := t.mark(wire.KindOrders, address...); err != nil {
		return w, Reach{}, err
	}
	r := t.reach(address, nil)
	return w, r, t.changed("issue warning", "warning", w.ID, fmt.Sprintf("%s, %s, %d units", w.Level, w.Title, r.Units), nil, w)
}

// firstLine is the beginning of a text, or other if it is empty.
func firstLine(text, other string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > 20 {
		line = string(r[:20]) + "…"
	}
	if line == "" {
		return other
	}
	return line
}

// warning finds a warning; it is told as ended once its time is over.
func (t *tx) warning(id string) (w scheduler.Warning, found bool, err error) {
	list, err := t.warnings("id = ?", id)
	if err != nil || len(list) == 0 {
		return w, false, err
	}
	return list[0], true, nil
}

func (t *tx) warnings(where string, args ...any) (out []scheduler.Warning, err error) {
	err = t.each(func(scan func(...any) error) error {
		var w scheduler.Warning
		var body, end string
		var ended int64
		if err := scan(&body, &ended, &end); err != nil {
			return err
		}
		err := decode(body, &w)
		if w.Ended, w.End = at(ended), end; ended == 0 && !w.Until.After(t.now) {
			w.Ended, w.End = w.Until, "expired"
		}
		out = append(out, w)
		return err
	}, "SELECT body, ended, why_ended FROM warning WHERE "+where, args...)
	return out, err
}

// Lift ends a warning before its time. Lifting an ended one changes nothing.
func (s *Store) Lift(ctx context.Context, id string) (w scheduler.Warning, err error) {
	err = s.write(ctx, func(t *tx) error {
		var found bool
		if w, found, err = t.liftHeld(id); err != nil || found {
			return err
		}
		w, found, err = t.warning(id)
		switch {
		case err != nil:
			return err
		case !found:
			return scheduler.Missing("warning", id, t.ids("warning"))
		case !w.Ended.IsZero():
			return nil
		}
		w.Ended, w.End = t.now, "lifted"
		if err := t.endWarning(w); err != nil {
			return err
		}
		if err := t.mark(wire.KindOrders, wire.AreaAddress(w.Area)); err != nil {
			return err
		}
		return t.audit("lift warning", "warning", id, w.Title)
	})
	return w, err
}

func (t *tx) endWarning(w scheduler.Warning) error {
	return t.exec("UPDATE warning SET ended = ?, why_ended = ? WHERE id = ?", ms(w.Ended), w.End, w.ID)
}

// Warning is one warning, one that waits too.
func (s *Store) Warning(ctx context.Context, id string) (w scheduler.Warning, err error) {
	err = s.read(ctx, func(t *tx) error {
		var found bool
		if w, found, err = t.warning(id); err == nil && !found {
			w, _, found, err = t.held(id)
		}
		if err == nil && !found {
			return scheduler.Missing("warning", id, t.ids("warning"))
		}
		return err
	})
	return w, err
}

// Warnings lists warnings, newest first.
func (s *Store) Warnings(ctx context.Context, f WarningFilter) (out []scheduler.Warning, next string, err error) {
	issued, id := int64(1<<62), ""
	if f.After != "" {
		when, rest, ok := strings.Cut(f.After, ".")
		if issued, err = strconv.ParseInt(when, 10, 64); err != nil || !ok {
			return nil, "", badCursor(f.After)
		}
		id = rest
	}
	err = s.read(ctx, func(t *tx) error {
		all, err := t.warnings("(issued, id) < (?, ?) AND (? = 0 OR ended = 0 AND until > ?) ORDER BY issued DESC, id DESC", issued, id, f.InForce, ms(t.now))
		tree := t.tree()
		for _, w := range all {
			if f.Area == "" || tree.Within(w.Area, f.Area) || tree.Within(f.Area, w.Area) {
				out = append(out, w)
			}
		}
		return err
	})
	out, next = cut(out, f.Page, func(w scheduler.Warning) string { return fmt.Sprintf("%d.%s", ms(w.Issued), w.ID) })
	return out, next, err
}
