package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// County returns what holds for the whole county.
func (c *Client) County(ctx context.Context) (County, error) {
	return get[County](ctx, c, "/county", nil)
}

// PutCounty sets it.
func (c *Client) PutCounty(ctx context.Context, v County) (County, error) {
	return send[County](ctx, c, http.MethodPut, "/county", v)
}

// Areas lists all areas, the county first, parents before their children.
func (c *Client) Areas(ctx context.Context) ([]Area, error) { return list[Area](ctx, c, "/areas", nil) }

// PutArea makes or changes an area.
func (c *Client) PutArea(ctx context.Context, v Area) (Area, error) {
	return send[Area](ctx, c, http.MethodPut, "/areas"+id(v.ID), v)
}

// RemoveArea removes an area that holds nothing.
func (c *Client) RemoveArea(ctx context.Context, area string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/areas" + id(area)})
}

// Groups lists all groups.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	return list[Group](ctx, c, "/groups", nil)
}

// PutGroup makes or changes a group.
func (c *Client) PutGroup(ctx context.Context, v Group) (Group, error) {
	return send[Group](ctx, c, http.MethodPut, "/groups"+id(v.ID), v)
}

// RemoveGroup removes a group that no programme targets.
func (c *Client) RemoveGroup(ctx context.Context, group string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/groups" + id(group)})
}

// Calendars lists all calendars.
func (c *Client) Calendars(ctx context.Context) ([]Calendar, error) {
	return list[Calendar](ctx, c, "/calendars", nil)
}

// PutCalendar makes or changes a calendar.
func (c *Client) PutCalendar(ctx context.Context, v Calendar) (Calendar, error) {
	return send[Calendar](ctx, c, http.MethodPut, "/calendars"+id(v.ID), v)
}

// RemoveCalendar removes a calendar that no programme names.
func (c *Client) RemoveCalendar(ctx context.Context, calendar string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/calendars" + id(calendar)})
}

// UnitFilter narrows a list of units.
type UnitFilter struct {
	// Area is the id of an area; units below it count too.
	Area string
	// Shows is one of the words of Presence.Shows.
	Shows string
}

// Units lists units.
func (c *Client) Units(ctx context.Context, f UnitFilter) ([]Unit, error) {
	return list[Unit](ctx, c, "/units", query("area", f.Area, "shows", f.Shows))
}

// Unit returns one unit.
func (c *Client) Unit(ctx context.Context, unit string) (Unit, error) {
	return get[Unit](ctx, c, "/units"+id(unit), nil)
}

// AddUnit adds a unit; its settings file is in the answer and nowhere else.
func (c *Client) AddUnit(ctx context.Context, v UnitSpec) (UnitAdded, error) {
	return c.AddDevice(ctx, UnitAdd{UnitSpec: v})
}

// AddDevice is AddUnit with a say in how its device comes in.
func (c *Client) AddDevice(ctx context.Context, v UnitAdd) (UnitAdded, error) {
	return send[UnitAdded](ctx, c, http.MethodPost, "/units", v)
}

// PutUnit changes a unit.
func (c *Client) PutUnit(ctx context.Context, v UnitSpec) (Unit, error) {
	return send[Unit](ctx, c, http.MethodPut, "/units"+id(v.ID), v)
}

// RemoveUnit takes a unit out of service; what it proved stays.
func (c *Client) RemoveUnit(ctx context.Context, unit string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/units" + id(unit)})
}

// Assets lists assets, newest first.
func (c *Client) Assets(ctx context.Context) ([]Asset, error) {
	return list[Asset](ctx, c, "/assets", nil)
}

// Asset returns one asset.
func (c *Client) Asset(ctx context.Context, asset string) (Asset, error) {
	return get[Asset](ctx, c, "/assets"+id(asset), nil)
}

// AddText adds a text notice.
func (c *Client) AddText(ctx context.Context, v TextSpec) (Asset, error) {
	return send[Asset](ctx, c, http.MethodPost, "/assets/text", v)
}

// Speak lets the centre speak a text into an audio asset.
func (c *Client) Speak(ctx context.Context, v SpeechSpec) (Asset, error) {
	return send[Asset](ctx, c, http.MethodPost, "/assets/speech", v)
}

// RemoveAsset removes an asset that nothing uses.
func (c *Client) RemoveAsset(ctx context.Context, asset string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/assets" + id(asset)})
}

// Playlists lists all playlists.
func (c *Client) Playlists(ctx context.Context) ([]Playlist, error) {
	return list[Playlist](ctx, c, "/playlists", nil)
}

// Playlist returns one playlist.
func (c *Client) Playlist(ctx context.Context, playlist string) (Playlist, error) {
	return get[Playlist](ctx, c, "/playlists"+id(playlist), nil)
}

// PutPlaylist makes or changes a playlist.
func (c *Client) PutPlaylist(ctx context.Context, v Playlist) (Playlist, error) {
	return send[Playlist](ctx, c, http.MethodPut, "/playlists"+id(v.ID), v)
}

// RemovePlaylist removes a playlist that no draft uses.
func (c *Client) RemovePlaylist(ctx context.Context, playlist string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/playlists" + id(playlist)})
}

// Programmes lists the newest version of every programme.
func (c *Client) Programmes(ctx context.Context) ([]Programme, error) {
	return list[Programme](ctx, c, "/programmes", nil)
}

// Programme returns one version; 0 is the newest.
func (c *Client) Programme(ctx context.Context, programme string, version int) (Programme, error) {
	q := url.Values{}
	if version > 0 {
		q.Set("version", strconv.Itoa(version))
	}
	return get[Programme](ctx, c, "/programmes"+id(programme), q)
}

// PutProgramme makes or changes the draft of a programme.
func (c *Client) PutProgramme(ctx context.Context, v ProgrammeSpec) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPut, "/programmes"+id(v.ID), v)
}

// Release puts the draft on air: at once with now, else after ten seconds in which
// it can be undone.
func (c *Client) Release(ctx context.Context, programme string, now bool) (Released, error) {
	path := "/programmes" + id(programme) + "/release"
	if now {
		path += "?now=true"
	}
	return send[Released](ctx, c, http.MethodPost, path, struct{}{})
}

// Withdraw takes a programme out of the bulletins.
func (c *Client) Withdraw(ctx context.Context, programme string) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPost, "/programmes"+id(programme)+"/withdraw", struct{}{})
}

// Stop ends what is on air in an area, for good.
func (c *Client) Stop(ctx context.Context, area string) (Stopped, error) {
	return send[Stopped](ctx, c, http.MethodPost, "/areas"+id(area)+"/stop", struct{}{})
}

// Warnings lists warnings, newest first.
func (c *Client) Warnings(ctx context.Context) ([]Warning, error) {
	return list[Warning](ctx, c, "/warnings", nil)
}

// Warn sends out a warning.
func (c *Client) Warn(ctx context.Context, v WarningSpec) (Warning, error) {
	return send[Warning](ctx, c, http.MethodPost, "/warnings", v)
}

// Lift ends a warning.
func (c *Client) Lift(ctx context.Context, warning string) (Warning, error) {
	return send[Warning](ctx, c, http.MethodPost, "/warnings"+id(warning)+"/lift", struct{}{})
}

// TimetableQuery asks what units will do. One of Unit and Area is given.
type TimetableQuery struct {
	Unit, Area string
	From, To   time.Time
	// Draft is the id of a programme whose draft is taken as if released.
	Draft string
}

// Timetables returns one timetable per distinct set of bulletins.
func (c *Client) Timetables(ctx context.Context, q TimetableQuery) ([]Timetable, error) {
	return list[Timetable](ctx, c, "/timetable",
		query("unit", q.Unit, "area", q.Area, "from", stamp(q.From), "to", stamp(q.To), "draft", q.Draft))
}

// ProofQuery narrows the play log.
type ProofQuery struct {
	Unit, Area, Programme string
	From, To              time.Time
}

func (q ProofQuery) values() url.Values {
	return query("unit", q.Unit, "area", q.Area, "programme", q.Programme, "from", stamp(q.From), "to", stamp(q.To))
}

// AsRun lists as-run entries, oldest first, gaps in the proof among them.
func (c *Client) AsRun(ctx context.Context, q ProofQuery) ([]AsRun, error) {
	return list[AsRun](ctx, c, "/asrun", q.values())
}

// AsRunEntries lists the as-run entries themselves, as the units sent them.
func (c *Client) AsRunEntries(ctx context.Context, q ProofQuery) ([]AsRun, error) {
	return list[AsRun](ctx, c, "/asrun/entries", q.values())
}

// Outages lists outages, newest first; open ones only if so asked.
func (c *Client) Outages(ctx context.Context, q ProofQuery, open bool) ([]Outage, error) {
	v := query("unit", q.Unit, "area", q.Area, "from", stamp(q.From), "to", stamp(q.To))
	if open {
		v.Set("open", "true")
	}
	return list[Outage](ctx, c, "/outages", v)
}

// Status returns the county at a glance.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "/status", nil)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// query makes values of pairs, leaving out those that are empty.
func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}
