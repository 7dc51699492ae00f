package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// Record is the record of one programme version: who did what with it, and where
// it played from when to when.
type Record struct {
	Programme string          `json:"programme"`
	Version   int             `json:"version"`
	Title     string          `json:"title"`
	State     string          `json:"state"`
	Says      string          `json:"says" doc:"The rule as a sentence"`
	Targets   Targets         `json:"targets"`
	Author    string          `json:"author" doc:"Who drafted it"`
	Approvers []string        `json:"approvers" doc:"Who agreed to it or put it on air"`
	Acts      []RecordAct     `json:"acts" doc:"What was done with it, oldest first"`
	Targeted  int             `json:"targeted" doc:"Units that it is or was for"`
	Villages  []RecordVillage `json:"villages"`
	Units     []RecordUnit    `json:"units"`
}

// RecordAct is one thing that was done.
type RecordAct struct {
	At   time.Time `json:"at"`
	By   string    `json:"by" doc:"Id of who did it"`
	Name string    `json:"name,omitempty" doc:"How they were called then"`
	Act  string    `json:"act"`
	Text string    `json:"text,omitempty"`
}

// RecordVillage is where it played, by what units proved.
type RecordVillage struct {
	Area     string     `json:"area"`
	AreaName string     `json:"areaName"`
	Town     string     `json:"town"`
	TownName string     `json:"townName"`
	From     *time.Time `json:"from,omitempty" doc:"Its first frame there; absent if nothing is proved"`
	To       *time.Time `json:"to,omitempty" doc:"Its last frame there"`
	Units    int        `json:"units" doc:"Units that it is or was for"`
	Played   int        `json:"played" doc:"Those of them that prove that they played it"`
}

// RecordUnit is one output of one unit.
type RecordUnit struct {
	Unit      string    `json:"unit"`
	Area      string    `json:"area"`
	Output    string    `json:"output"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Seconds   float64   `json:"seconds" doc:"Seconds of items really played"`
	Stretches int       `json:"stretches"`
	Outcome   string    `json:"outcome" doc:"How the last stretch ended"`
	Why       string    `json:"why,omitempty"`
}

// Record returns the record of a version; 0 is the newest that was released.
func (c *Client) Record(ctx context.Context, programme string, version int) (Record, error) {
	q := url.Values{}
	if version > 0 {
		q.Set("version", strconv.Itoa(version))
	}
	return get[Record](ctx, c, "/programmes"+id(programme)+"/record", q)
}
