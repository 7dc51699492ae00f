package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	device "github.com/villagecast/villagecast/device/agent"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/console"
)

// stage is what the page /demo shows: what the centre says of the units beside
// what the units say themselves.
type stage struct {
	*agents
	c *client.Client

	mu       sync.Mutex
	units    map[string]client.Unit
	next     *console.DemoNext
	incident *client.Incident
	inForce  []client.InForce
	names    map[string]place
}

func newStage(a *agents, c *client.Client) *stage {
	s := &stage{agents: a, c: c, names: map[string]place{}, units: map[string]client.Unit{}}
	for _, p := range places {
		s.names[p.id] = p
	}
	return s
}

// follow asks the centre each second what it knows.
func (s *stage) follow(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		s.ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *stage) ask(ctx context.Context) {
	all, err := s.c.Units(ctx, client.UnitFilter{})
	if err != nil {
		return // the page shows what was known last
	}
	st, err := s.c.Status(ctx)
	if err != nil {
		return
	}
	p, err := s.c.Programme(ctx, "town-water", 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.incident, s.inForce = st.Incident, st.InForce
	for _, u := range all {
		s.units[u.ID] = u
	}
	if err == nil && len(p.Next) > 0 {
		s.next = &console.DemoNext{At: p.Next[0], Title: p.Title, Town: s.names[cutTown].name, Units: s.hears(cutTown)}
	}
}

// hears are the units in and below an area.
func (s *stage) hears(area string) (ids []string) {
	for id, one := range s.all {
		if p := s.names[one.unit.Area]; p.id == area || p.parent == area {
			ids = append(ids, id)
		}
	}
	return ids
}

// State implements console.Demonstration.
func (s *stage) State(ctx context.Context) (console.DemoState, error) {
	words := s.listen(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	state := console.DemoState{At: time.Now(), County: places[0].name, Zone: zone, Next: s.next, Incident: s.incident, InForce: s.inForce, Units: []console.DemoUnit{}}
	for _, spec := range units() {
		one := s.all[spec.ID]
		u := console.DemoUnit{Unit: s.units[spec.ID], PID: one.pid(), Agent: words[spec.ID]}
		u.Unit.UnitSpec = spec
		at := s.names[spec.Area]
		u.Village, u.Town = at.name, s.names[at.parent].name
		if at.parent == "qinghe" {
			u.Village, u.Town = "", at.name
		}
		one.mu.Lock()
		if one.fault != nil {
			fault := *one.fault
			u.Fault = &fault
		}
		one.mu.Unlock()
		if u.Fault == nil {
			u.Fault = ownFault(words[spec.ID])
		}
		state.Units = append(state.Units, u)
	}
	return state, ctx.Err()
}

// ownFault is what was broken from the unit's own page, if anything.
func ownFault(word json.RawMessage) *console.DemoFault {
	var state device.State
	if word == nil || json.Unmarshal(word, &state) != nil || len(state.Broken) == 0 {
		return nil
	}
	until := time.UnixMilli(state.BrokenUntil)
	return &console.DemoFault{Kind: state.Broken[0], Since: until.Add(-device.BreakLasts), Until: until}
}

// listen asks every unit's own page at once; one that does not answer is left out.
func (s *stage) listen(ctx context.Context) map[string]json.RawMessage {
	words := map[string]json.RawMessage{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for id, one := range s.all {
		wg.Go(func() {
			if text := s.word(ctx, one); text != nil {
				mu.Lock()
				words[id] = text
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return words
}

func (s *stage) word(ctx context.Context, one *agent) json.RawMessage {
	one.mu.Lock()
	frozen := one.fault != nil && one.fault.Kind == "freeze" || one.cmd == nil
	one.mu.Unlock()
	if frozen {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, one.at().JoinPath("api", "state").String(), nil)
	if err != nil {
		return nil
	}
	res, err := s.http.Do(req)
	if err != nil {
		return nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<18))
	if err != nil || !json.Valid(text) {
		return nil
	}
	return text
}

// Page implements console.Demonstration.
func (s *stage) Page(unit string) *url.URL {
	if one, ok := s.all[unit]; ok && one.pid() != 0 {
		return one.at()
	}
	return nil
}
