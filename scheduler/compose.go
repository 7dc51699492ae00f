package scheduler

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// barLife is how long a bar stays in the orders after the end of what it bars.
const barLife = 90 * 24 * time.Hour

// afterlife is how long ended content stays in a snapshot, so that a unit whose
// clock is a little behind does not miss its end.
const afterlife = 24 * time.Hour

// ComposeSettings makes what a unit must know of itself. held gives the
// revisions current now of each address of its chain and of its own.
func ComposeSettings(u Unit, tree *Tree, held func(wire.Address) wire.Held) wire.Settings {
	s := wire.Settings{
		Unit: u.ID, Name: u.Name, Chain: tree.Chain(u.Area), Outputs: u.Outputs,
		Volume: u.Volume, Quiet: u.Quiet, Panel: u.Panel,
	}
	for _, a := range u.Hears(tree) {
		s.Addresses = append(s.Addresses, held(a))
	}
	return s
}

// ComposeBulletin makes the bulletin of an address from the programmes released
// for it, without its revision. Programmes that ended more than a day ago are
// left out. county stands only in the root's, settings only in a unit's.
func ComposeBulletin(a wire.Address, county *wire.County, settings *wire.Settings, ps []Programme, calendars map[string]Calendar, now time.Time, zone *time.Location) wire.Bulletin {
	b := wire.Bulletin{Address: a, County: county, Settings: settings}
	for _, p := range ps {
		if end := p.Ends(zone); !end.IsZero() && end.Add(afterlife).Before(now) {
			continue
		}
		b.Programmes = append(b.Programmes, p.Wire())
		for _, id := range slices.Concat(p.Rule.On, p.Rule.Off) {
			if b.Calendars == nil {
				b.Calendars = map[string][]wire.Date{}
			}
			b.Calendars[id] = calendars[id].Dates
		}
	}
	slices.SortFunc(b.Programmes, func(x, y wire.Programme) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Version, y.Version))
	})
	return b
}

// Barred is a bar with the end of what it bars; zero means that it has none.
type Barred struct {
	wire.Bar
	Until time.Time
}

// ComposeOrders makes the orders of an address, without its revision, from the
// interrupts, bars and mutes that were given for it; what is over is left out.
func ComposeOrders(a wire.Address, interrupts []wire.Interrupt, bars []Barred, mutes []Mute, now time.Time) wire.Orders {
	o := wire.Orders{Address: a}
	for _, i := range interrupts {
		if time.UnixMilli(i.Until).After(now) {
			o.Interrupts = append(o.Interrupts, i)
		}
	}
	for _, b := range bars {
		if b.Until.IsZero() || b.Until.Add(barLife).After(now) {
			o.Barred = append(o.Barred, b.Bar)
		}
	}
	for _, m := range mutes {
		if m.Ended.IsZero() && m.Until.After(now) {
			o.Mutes = append(o.Mutes, wire.Mute{ID: m.ID, From: m.From.UnixMilli(), Until: m.Until.UnixMilli(), Why: m.Why, Pause: m.Pause})
		}
	}
	slices.SortFunc(o.Interrupts, func(x, y wire.Interrupt) int {
		return cmp.Or(cmp.Compare(x.Issued, y.Issued), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(o.Barred, func(x, y wire.Bar) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Version, y.Version))
	})
	slices.SortFunc(o.Mutes, func(x, y wire.Mute) int { return cmp.Compare(x.ID, y.ID) })
	return o
}

// Wire is the programme as it travels.
func (p Programme) Wire() wire.Programme {
	w := wire.Programme{
		ID: p.ID, Version: p.Version, Title: p.Title, Issuer: p.Issuer, Level: p.Level,
		Priority: p.Priority, Category: p.Category, Campaign: p.Campaign,
		Rule: p.Rule, Items: p.Items, Except: p.Targets.Except,
		OnCut: p.OnCut, OnBlock: p.OnBlock, Grace: int(p.grace() / time.Second),
		Volume: p.Volume, MaxPlay: p.MaxPlay, SilentAfter: p.SilentAfter, By: p.ReleasedBy,
	}
	if p.ReleasedBy != "" {
		w.At = p.ReleasedAt.UnixMilli()
	}
	if p.SilentAfter > 0 { // an agent that cannot fall silent leaves it out
		w.Needs = []string{wire.NeedSilentAfter}
	}
	return w
}

// Wire is what travels of the playlist: its entries with their renditions and texts.
func (p Playlist) Wire(asset func(id string) (Asset, bool)) ([]wire.Item, error) {
	items := make([]wire.Item, 0, len(p.Items))
	for i, it := range p.Items {
		item, err := wireItem(it, asset)
		if err != nil {
			e := *err
			e.Field = "playlist.items[" + strconv.Itoa(i) + "]." + e.Field
			return nil, &e
		}
		items = append(items, item)
	}
	return items, nil
}

func wireItem(it PlaylistItem, asset func(id string) (Asset, bool)) (wire.Item, *Error) {
	item := wire.Item{Title: it.Title}
	title := func(a Asset) {
		if item.Title == "" {
			item.Title = cmp.Or(a.Title, a.Name)
		}
	}
	if it.Audio != "" {
		a, ok := asset(it.Audio)
		switch {
		case !ok:
			return item, &Error{Kind: Invalid, Field: "audio", Value: it.Audio,
				Message: Words{"这条媒资已经没有了", "this asset is gone"},
				Remedy:  Words{"重新添加，或去掉这个条目", "add it again, or take the entry out"}}
		case a.Rendition == nil:
			return item, &Error{Kind: Invalid, Field: "audio", Value: it.Audio,
				Message: Words{"这条媒资还没有准备好下发：播出文件还没有生成", "this asset is not ready to travel: it has no rendition yet"},
				Remedy:  Words{"等它准备好，或重新添加", "wait until it is prepared, or add it again"}}
		}
		r := a.Rendition
		item.Sound = &wire.Sound{Hash: r.Hash, Size: r.Size, Type: r.Type, Lead: r.Lead, Frames: r.Frames}
		title(a)
	}
	if it.Text != "" {
		a, ok := asset(it.Text)
		if !ok {
			return item, &Error{Kind: Invalid, Field: "text", Value: it.Text,
				Message: Words{"这条媒资已经没有了", "this asset is gone"},
				Remedy:  Words{"重新添加，或去掉这个条目", "add it again, or take the entry out"}}
		}
		item.Text = &wire.Text{Body: a.Text, Stay: a.Stay, Effect: a.Effect, Color: a.Color}
		title(a)
	}
	return item, nil
}

// Wire is the warning as it travels; audio is its rendition, nil for none.
func (m Warning) Wire(audio *Rendition) wire.Interrupt {
	item := wire.Item{Title: m.Title}
	if audio != nil {
		item.Sound = &wire.Sound{Hash: audio.Hash, Size: audio.Size, Type: audio.Type, Lead: audio.Lead, Frames: audio.Frames}
	}
	if m.Text != "" {
		item.Text = &wire.Text{Body: m.Text, Stay: StayFor(m.Text), Color: m.color()}
	}
	by := cmp.Or(m.Confirmed, m.By) // by whose word it is out: units take nothing of who left before that
	return wire.Interrupt{
		ID: m.ID, Issuer: m.Issuer, Level: m.Level, Title: m.Title, Items: []wire.Item{item},
		Issued: m.Issued.UnixMilli(), Until: m.Until.UnixMilli(), Repeat: m.Repeat, Pause: m.Pause, Volume: m.Volume, By: by,
	}
}

// color is the panel colour nearest to the level's.
func (m Warning) color() string {
	switch m.Level {
	case wire.LevelRed, wire.LevelOrange:
		return "red"
	case wire.LevelYellow:
		return "yellow"
	}
	return ""
}
