package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Stop is an act that ended sound, a STOP, a mute or a withdrawal, with the units
// that have not said that they obey.
type Stop struct {
	ID     string     `json:"id"`
	Kind   string     `json:"kind" enum:"stop,mute,withdraw"`
	Area   string     `json:"area" doc:"Where it was said, or in whose name the programme went out"`
	Ref    string     `json:"ref,omitempty" doc:"Id of the mute, or of the programme withdrawn"`
	At     time.Time  `json:"at"`
	From   time.Time  `json:"from" doc:"When it begins; later than at only for a mute to come"`
	By     string     `json:"by" doc:"Id of who did it"`
	Name   string     `json:"name,omitempty" doc:"How they were called then"`
	Why    string     `json:"why,omitempty"`
	Ended  []Content  `json:"ended" doc:"What was ended; a mute ends all programmes and names none"`
	Units  int        `json:"units" doc:"Installed units that it reaches"`
	Silent int        `json:"silent" doc:"Those of them that said that they hold it and play nothing of it"`
	Last   *time.Time `json:"last,omitempty" doc:"When the newest of these words was heard"`
	Closed *time.Time `json:"closed,omitempty" doc:"When the last of them said so; absent while one has not"`
	List   []StopUnit `json:"list" doc:"Units that have not said so, by village; every unit where one stop is asked for"`
}

// Content names a programme version or a warning.
type Content struct {
	Programme string `json:"programme,omitempty"`
	Version   int    `json:"version,omitempty"`
	Warning   string `json:"warning,omitempty"`
	Title     string `json:"title,omitempty"`
}

// StopUnit is how far one unit is.
type StopUnit struct {
	Unit     string     `json:"unit"`
	Name     string     `json:"name"`
	Area     string     `json:"area"`
	AreaName string     `json:"areaName"`
	Town     string     `json:"town"`
	TownName string     `json:"townName"`
	Contact  string     `json:"contact,omitempty" doc:"Whom to call: the village admin, or who stands at the area or the nearest above it"`
	State    string     `json:"state" enum:"refused,waiting,holds,silent" doc:"silent: the unit said that it holds it and that nothing of it is on air"`
	Why      string     `json:"why,omitempty"`
	Online   bool       `json:"online"`
	LastSeen *time.Time `json:"lastSeen,omitempty"`
	Said     *time.Time `json:"said,omitempty" doc:"When the centre heard that it is silent"`
	Silent   *time.Time `json:"silent,omitempty" doc:"The first instant without it, by the unit's own proof"`
	GoesOn   *GoesOn    `json:"goesOn,omitempty" doc:"What it plays as long as it is not reached, by what it holds"`
}

// GoesOn is what a unit that was not reached goes on with.
type GoesOn struct {
	Content
	From  time.Time  `json:"from" doc:"Now, or when it begins"`
	Until time.Time  `json:"until"`
	Again *time.Time `json:"again,omitempty" doc:"When it begins anew after that"`
	Last  time.Time  `json:"last" doc:"The end of its validity"`
}

// InForce is one thing that keeps units from playing what they would, or lets them
// play what they would not.
type InForce struct {
	Kind    string     `json:"kind" doc:"stop, withdraw, mute, pause, exception, freeze, revoked: the device of a unit was shut out, which a new claim ends"`
	ID      string     `json:"id"`
	Area    string     `json:"area"`
	Unit    string     `json:"unit,omitempty"`
	What    string     `json:"what,omitempty" doc:"What it is about"`
	Why     string     `json:"why,omitempty"`
	Since   time.Time  `json:"since"`
	By      string     `json:"by,omitempty" doc:"Id of who did it"`
	Name    string     `json:"name,omitempty" doc:"How they were called then"`
	Until   *time.Time `json:"until,omitempty" doc:"Absent if it has no end"`
	MayLift []string   `json:"mayLift" doc:"Roles, of the area or one above it, that may end it; none for a STOP, which is for good"`
	Units   int        `json:"units,omitempty" doc:"Units that it reaches, where they are asked"`
	Obey    int        `json:"obey,omitempty" doc:"Those of them that said that they obey"`
}

// Stops lists the stops, mutes and withdrawals of an area, "" for the county, that
// are open or of the last day, or all, newest first.
func (c *Client) Stops(ctx context.Context, area string, all bool) ([]Stop, error) {
	v := query("area", area)
	if all {
		v.Set("all", "true")
	}
	return list[Stop](ctx, c, "/stops", v)
}

// StopByID is one with every unit.
func (c *Client) StopByID(ctx context.Context, stop string) (Stop, error) {
	return get[Stop](ctx, c, "/stops"+id(stop), nil)
}

// StopWhy ends what is on air in an area, for good, with a reason for the record.
func (c *Client) StopWhy(ctx context.Context, area, why string) (Stopped, error) {
	path := "/areas" + id(area) + "/stop"
	if why != "" {
		path += "?" + url.Values{"why": {why}}.Encode()
	}
	return send[Stopped](ctx, c, http.MethodPost, path, struct{}{})
}
