package client

import (
	"context"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Delivery says who has got everything, or one programme.
type Delivery struct {
	Area      string         `json:"area"`
	Name      string         `json:"name"`
	Programme string         `json:"programme,omitempty"`
	Version   int            `json:"version,omitempty"`
	Title     string         `json:"title,omitempty"`
	All       bool           `json:"all" doc:"Every installed unit said that it holds it, by revision"`
	Units     DeliveryCounts `json:"units"`
	Planned   int            `json:"planned" doc:"Units that are not installed yet; they are not counted"`
	// Areas are the areas directly below.
	Areas []AreaDelivery `json:"areas"`
	// Open are the units that are not ready; all of them if so asked.
	Open []UnitDelivery `json:"open" doc:"Units that are not ready; with details, every unit"`
}

// DeliveryCounts are numbers of installed units.
type DeliveryCounts struct {
	Units     int `json:"units"`
	Delivered int `json:"delivered" doc:"Units that said that they hold it"`
	Ready     int `json:"ready" doc:"Of these, units that have its recordings too"`
	Pending   int `json:"pending" doc:"Units that have not said that they hold it"`
	Refused   int `json:"refused" doc:"Units that would not take it"`
	TooOld    int `json:"tooOld" doc:"Units that hold it and whose agent is too old to play it"`
}

// AreaDelivery is one area's counts.
type AreaDelivery struct {
	Area  string         `json:"area"`
	Name  string         `json:"name"`
	Units DeliveryCounts `json:"units"`
}

// UnitDelivery says how far one unit is.
type UnitDelivery struct {
	Unit   string `json:"unit"`
	Name   string `json:"name"`
	Area   string `json:"area"`
	State  string `json:"state" enum:"refused,pending,too-old,delivered,ready"`
	Why    string `json:"why,omitempty"`
	Online bool   `json:"online"`
	// Addresses are what it should hold, and what it said it holds.
	Addresses []Agreement `json:"addresses"`
	Assets    int         `json:"assets" doc:"Recordings named by what it holds"`
	Ready     int         `json:"ready" doc:"Recordings verified on its card"`
	TooOld    []string    `json:"tooOld,omitempty" doc:"Programmes that need a newer agent"`
}

// Agreement compares the revision wanted and the one held.
type Agreement struct {
	Address wire.Address `json:"address"`
	Kind    wire.Kind    `json:"kind"`
	Wanted  uint64       `json:"wanted"`
	Held    uint64       `json:"held"`
	State   string       `json:"state" enum:"refused,pending,delivered"`
	Code    string       `json:"code,omitempty" doc:"Of the refusal"`
	Why     string       `json:"why,omitempty"`
}

// Incident is a time in which the centre lost most of its units at once.
type Incident struct {
	ID    int64      `json:"id"`
	From  time.Time  `json:"from"`
	To    *time.Time `json:"to,omitempty"`
	There int        `json:"there" doc:"Units that were there before"`
	Fell  int        `json:"fell" doc:"Units that fell in it"`
	Left  int        `json:"left" doc:"Units still gone"`
	Text  string     `json:"text"`
}

// Trouble is a unit with a condition that the centre found.
type Trouble struct {
	Unit  string    `json:"unit"`
	Name  string    `json:"name"`
	Code  string    `json:"code" enum:"flapping,two-devices"`
	Since time.Time `json:"since"`
	Count int       `json:"count,omitempty" doc:"How often a unit that flaps was offline"`
}

// Call is one line of the list by which villages are called.
type Call struct {
	Town     string    `json:"town"`
	TownName string    `json:"townName"`
	Area     string    `json:"area"`
	AreaName string    `json:"areaName"`
	Unit     string    `json:"unit"`
	Name     string    `json:"name"`
	Kind     string    `json:"kind" enum:"unreachable,silent"`
	Since    time.Time `json:"since" doc:"When it was last heard, or fell silent"`
	Contact  string    `json:"contact,omitempty" doc:"Whom to call: of the village, or of the nearest area above"`
}

// Gap is a time in which the centre did not watch.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why"`
}

// Uptime is what is known of a unit's time, in seconds. Each second counts once.
type Uptime struct {
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Up          float64   `json:"up" doc:"Heard by the centre, without an outage"`
	Proven      float64   `json:"proven" doc:"Not heard or not watched, and proved since: it played"`
	Off         float64   `json:"off" doc:"Off, by the unit's own word"`
	Unreachable float64   `json:"unreachable"`
	Silent      float64   `json:"silent"`
	NotWatched  float64   `json:"notWatched" doc:"Nobody knows: counts neither for nor against"`
	Paused      float64   `json:"paused" doc:"Under work: counts neither for nor against"`
	Before      float64   `json:"before" doc:"Not installed"`
	Percent     int       `json:"percent" doc:"Up and proven of what is known, rounded down; -1 if nothing is known"`
}

// DeliveryQuery asks who has got what: everything in an area, or a programme.
type DeliveryQuery struct {
	Area, Programme string
	// Details asks for every unit, not only those that are not ready.
	Details bool
}

// Delivery says who has got everything, or one programme.
func (c *Client) Delivery(ctx context.Context, q DeliveryQuery) (Delivery, error) {
	v := query("area", q.Area, "programme", q.Programme)
	if q.Details {
		v.Set("details", "true")
	}
	return get[Delivery](ctx, c, "/delivery", v)
}

// Calls lists the units that cannot be reached or are silent, by town; of the
// whole county if area is empty.
func (c *Client) Calls(ctx context.Context, area string) ([]Call, error) {
	return list[Call](ctx, c, "/calls", query("area", area))
}

// Gaps lists when the centre did not watch.
func (c *Client) Gaps(ctx context.Context, from, to time.Time) ([]Gap, error) {
	return list[Gap](ctx, c, "/outages/gaps", query("from", stamp(from), "to", stamp(to)))
}

// Uptime says what is known of a unit's time; the last seven days if from and to
// are zero.
func (c *Client) Uptime(ctx context.Context, unit string, from, to time.Time) (Uptime, error) {
	return get[Uptime](ctx, c, "/units"+id(unit)+"/uptime", query("from", stamp(from), "to", stamp(to)))
}

// Mutes lists mutes and pauses in force or to come.
func (c *Client) Mutes(ctx context.Context) ([]Mute, error) { return list[Mute](ctx, c, "/mutes", nil) }

// Mute silences an area or a unit, but for warnings; or pauses a unit.
func (c *Client) Mute(ctx context.Context, v MuteSpec) (Mute, error) {
	return send[Mute](ctx, c, http.MethodPost, "/mutes", v)
}

// Unmute ends a mute or a pause before its time.
func (c *Client) Unmute(ctx context.Context, mute string) (Mute, error) {
	return send[Mute](ctx, c, http.MethodPost, "/mutes"+id(mute)+"/end", struct{}{})
}
