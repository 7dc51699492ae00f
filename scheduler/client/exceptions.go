package client

import (
	"context"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ExceptionSpec asks to keep the sound of an area or a unit silent for a while.
type ExceptionSpec struct {
	Area  string       `json:"area,omitempty"`
	Unit  string       `json:"unit,omitempty"`
	From  *time.Time   `json:"from,omitempty" doc:"Now if absent"`
	Until time.Time    `json:"until"`
	Daily *wire.Window `json:"daily,omitempty" doc:"Only at this time of each day; all day if absent"`
	Why   string       `json:"why" minLength:"1" maxLength:"200" doc:"The reason, such as 高考"`
	Loud  []wire.Level `json:"loud,omitempty" doc:"Warning levels that sound all the same; those that break the county's quiet hours if absent"`
}

// Exception is one of them.
type Exception struct {
	ExceptionSpec
	ID      string     `json:"id"`
	By      string     `json:"by,omitempty" doc:"Id of who asked for it"`
	Ended   *time.Time `json:"ended,omitempty"`
	MayLift []string   `json:"mayLift" doc:"Roles, of the area or one above it, that may end it"`
}

// ExceptionAdded answers the adding of an exception: how far it reaches.
type ExceptionAdded struct {
	Exception Exception `json:"exception"`
	Units     int       `json:"units"`
	Offline   []string  `json:"offline" doc:"Units not reachable now; they heed it when they are back"`
	TooOld    []string  `json:"tooOld" doc:"Units whose agents do not know exceptions and go on sounding: update them, or mute them meanwhile"`
}

// Exceptions lists those in force or to come that concern an area, "" for one's own.
func (c *Client) Exceptions(ctx context.Context, area string) ([]Exception, error) {
	return list[Exception](ctx, c, "/exceptions", query("area", area))
}

// AddException keeps the sound of an area or a unit silent for a while.
func (c *Client) AddException(ctx context.Context, v ExceptionSpec) (ExceptionAdded, error) {
	return send[ExceptionAdded](ctx, c, http.MethodPost, "/exceptions", v)
}

// Later tells where a warning of a level would not sound now, and until when.
func (c *Client) Later(ctx context.Context, area string, level wire.Level) (Later, error) {
	return get[Later](ctx, c, "/warnings/later", query("area", area, "level", string(level)))
}

// EndException ends one before its time.
func (c *Client) EndException(ctx context.Context, exception string) (Exception, error) {
	return send[Exception](ctx, c, http.MethodPost, "/exceptions"+id(exception)+"/end", struct{}{})
}
