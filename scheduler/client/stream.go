package client

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Events calls fn for every event after the one with the id given (0: from now
// on), until ctx ends, fn returns false, or the link breaks.
func (c *Client) Events(ctx context.Context, after int64, fn func(Event) bool) error {
	req, err := c.request(ctx, http.MethodGet, "/events", nil, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	if after > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	res, err := c.send(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	name := ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch field {
		case "event":
			name = value
		case "": // the end of one event
			name = ""
		case "data":
			var e Event
			if name == "change" && json.Unmarshal([]byte(value), &e) == nil && !fn(e) {
				return nil
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w at %s: the stream of events ended: %w", ErrUnreachable, c.Base, cmp.Or(lines.Err(), io.EOF))
}
