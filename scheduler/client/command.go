package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// CommandSpec is something that a unit is to do once.
type CommandSpec struct {
	Do    string `json:"do" enum:"tone,restart,bundle" doc:"tone: a test tone of 2 s; restart: ends and is started anew; bundle: sends its diagnostics bundle"`
	Where bool   `json:"where,omitempty" doc:"A test tone says where the unit hangs after it, if the centre can speak"`
}

// Command is a command that was given, and the unit's last word on it.
type Command struct {
	ID   string    `json:"id"`
	Unit string    `json:"unit"`
	Do   string    `json:"do"`
	At   time.Time `json:"at"`
	// Until is when the unit no longer begins it.
	Until time.Time `json:"until"`
	State string    `json:"state" enum:"sent,accepted,refused,done,failed"`
	Why   string    `json:"why,omitempty" doc:"In the unit's words"`
	Says  string    `json:"says,omitempty" doc:"What it was given to say after its test tone"`
	// Changed is when State last changed.
	Changed time.Time `json:"changed"`
}

// Over tells whether nothing more comes.
func (c Command) Over() bool { return c.State == "done" || c.State == "failed" || c.State == "refused" }

// Command tells a unit to do something once: tone, restart or bundle.
func (c *Client) Command(ctx context.Context, unit, do string) (Command, error) {
	return send[Command](ctx, c, http.MethodPost, "/units"+id(unit)+"/commands", CommandSpec{Do: do})
}

// SayWhere lets a unit sound a test tone and say where it hangs.
func (c *Client) SayWhere(ctx context.Context, unit string) (Command, error) {
	return send[Command](ctx, c, http.MethodPost, "/units"+id(unit)+"/commands", CommandSpec{Do: "tone", Where: true})
}

// Commanded tells what became of a command; it waits up to 20 s for another state
// than after, if that is not empty.
func (c *Client) Commanded(ctx context.Context, unit, command, after string) (Command, error) {
	return get[Command](ctx, c, "/units"+id(unit)+"/commands"+id(command), query("after", after))
}

// Bundle is the diagnostics bundle that a unit sent for a command, a tar.gz.
func (c *Client) Bundle(ctx context.Context, unit, command string) ([]byte, error) {
	req, err := c.request(ctx, http.MethodGet, "/units"+id(unit)+"/commands"+id(command)+"/bundle", nil, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/gzip, application/json")
	res, err := c.send(req)
	if err != nil {
		return nil, err
	}
	defer drain(res.Body)
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: the bundle broke off: %w", ErrUnreachable, err)
	}
	return data, nil
}
