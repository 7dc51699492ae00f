package client

import (
	"bufio"
	"context"
	"encoding/json"
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
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		var e Event
		if json.Unmarshal([]byte(strings.TrimSpace(data)), &e) == nil && !fn(e) {
			return nil
		}
	}
	return lines.Err()
}
