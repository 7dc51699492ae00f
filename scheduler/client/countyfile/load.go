package countyfile

import (
	"context"
	"encoding/json"

	"github.com/villagecast/villagecast/scheduler/client"
)

// load reads what the centre has.
func load(ctx context.Context, c *client.Client) (s state, err error) {
	if s.county, err = c.County(ctx); err != nil {
		return s, err
	}
	if s.areas, err = byID(ctx, c.Areas, func(a client.Area) string { return a.ID }); err != nil {
		return s, err
	}
	if s.calendars, err = byID(ctx, c.Calendars, func(k client.Calendar) string { return k.ID }); err != nil {
		return s, err
	}
	units := func(ctx context.Context) ([]client.Unit, error) { return c.Units(ctx, client.UnitFilter{}) }
	if s.units, err = byID(ctx, units, func(u client.Unit) string { return u.ID }); err != nil {
		return s, err
	}
	if s.groups, err = byID(ctx, c.Groups, func(g client.Group) string { return g.ID }); err != nil {
		return s, err
	}
	if s.assets, err = c.Assets(ctx); err != nil {
		return s, err
	}
	if s.playlists, err = byID(ctx, c.Playlists, func(p client.Playlist) string { return p.ID }); err != nil {
		return s, err
	}
	s.programmes, err = byID(ctx, c.Programmes, func(p client.Programme) string { return p.ID })
	return s, err
}

func byID[T any](ctx context.Context, list func(context.Context) ([]T, error), id func(T) string) (map[string]T, error) {
	all, err := list(ctx)
	if err != nil {
		return nil, err
	}
	m := make(map[string]T, len(all))
	for _, v := range all {
		m[id(v)] = v
	}
	return m, nil
}

// normal is v as JSON knows it, without what is empty.
func normal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(text, &out) != nil {
		return v
	}
	return pruned(out)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x = pruned(x); x == nil {
				delete(v, k)
			} else {
				v[k] = x
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = pruned(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}
