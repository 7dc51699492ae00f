package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

// ids lists what may stand in a place of the command line: an id, a tab, and what
// it means.
type ids func(context.Context, *client.Client) ([]string, error)

// listed makes ids of a list of the centre.
func listed[T any](list func(*client.Client, context.Context) ([]T, error), one func(T) (id, name string)) ids {
	return func(ctx context.Context, c *client.Client) (out []string, err error) {
		all, err := list(c, ctx)
		for _, v := range all {
			id, name := one(v)
			out = append(out, id+"\t"+name)
		}
		return out, err
	}
}

var (
	areaIDs = listed((*client.Client).Areas, func(a client.Area) (string, string) { return a.ID, a.Name })
	unitIDs = listed(func(c *client.Client, ctx context.Context) ([]client.Unit, error) {
		return c.Units(ctx, client.UnitFilter{})
	}, func(u client.Unit) (string, string) { return u.ID, u.Name })
	assetIDs     = listed((*client.Client).Assets, func(a client.Asset) (string, string) { return short(a.ID), a.Title })
	playlistIDs  = listed((*client.Client).Playlists, func(p client.Playlist) (string, string) { return p.ID, p.Title })
	programmeIDs = listed((*client.Client).Programmes, func(p client.Programme) (string, string) { return p.ID, p.Title })
	groupIDs     = listed((*client.Client).Groups, func(g client.Group) (string, string) { return g.ID, g.Name })
	calendarIDs  = listed((*client.Client).Calendars, func(k client.Calendar) (string, string) { return k.ID, k.Name })
	warningIDs   = listed((*client.Client).Warnings, func(w client.Warning) (string, string) { return w.ID, fmt.Sprintf("%s %s", w.Level, w.Text) })
)

// levels are those that the --level of a command takes, by the command's path.
var levels = map[string]ids{
	"villagecast warn":           words("blue", "yellow", "orange", "red"),
	"villagecast programmes put": words("background", "timed"),
}

// words are what may stand there, whatever the centre holds.
func words(list ...string) ids {
	return func(context.Context, *client.Client) ([]string, error) { return list, nil }
}

// both lists what either lists.
func both(a, b ids) ids {
	return func(ctx context.Context, c *client.Client) ([]string, error) {
		x, err := a(ctx, c)
		if err != nil {
			return nil, err
		}
		y, err := b(ctx, c)
		return append(x, y...), err
	}
}

// completions give the shell the ids that the centre knows, for arguments and
// flags. A centre that does not answer completes nothing.
func (s *shell) completions(root *cobra.Command) {
	for _, one := range []struct {
		ask   ids
		paths [][]string
	}{
		{areaIDs, [][]string{{"areas", "put"}, {"areas", "remove"}, {"stop"}, {"warn"}}},
		{unitIDs, [][]string{{"units", "show"}, {"units", "remove"}, {"units", "pause"}, {"units", "resume"}, {"units", "place"}, {"units", "revoke"}, {"units", "tone"}, {"units", "restart"}, {"units", "bundle"}}},
		{assetIDs, [][]string{{"assets", "show"}, {"assets", "remove"}}},
		{playlistIDs, [][]string{{"playlists", "show"}, {"playlists", "put"}, {"playlists", "remove"}}},
		{programmeIDs, [][]string{{"programmes", "show"}, {"programmes", "put"}, {"programmes", "submit"}, {"programmes", "review"}, {"programmes", "approve"}, {"programmes", "return"}, {"programmes", "undo"},
			{"programmes", "check"}, {"programmes", "correct"}, {"programmes", "record"}, {"release"}, {"withdraw"}}},
		{both(areaIDs, unitIDs), [][]string{{"timetable"}}},
		{warningIDs, [][]string{{"lift"}, {"confirm"}}},
	} {
		for _, path := range one.paths {
			cmd, _, err := root.Find(path)
			if err != nil {
				panic(err) // a command of ours
			}
			cmd.ValidArgsFunction = s.completes(one.ask, 1)
		}
	}
	flags := map[string]ids{"area": areaIDs, "issuer": areaIDs, "parent": areaIDs, "unit": unitIDs, "except": both(areaIDs, unitIDs),
		"group": groupIDs, "on": calendarIDs, "off": calendarIDs,
		"programme": programmeIDs, "draft": programmeIDs, "playlist": playlistIDs, "asset": assetIDs,
		"on-cut": words("rejoin", "resume", "skip"), "on-block": words("wait", "skip"), "effect": words("scroll", "still"),
		"color": words("red", "green", "yellow", "white"), "outputs": words("sound", "screen"), "lang": words("zh-CN", "en")}
	var each func(*cobra.Command)
	each = func(cmd *cobra.Command) {
		for name, ask := range flags {
			if cmd.Flags().Lookup(name) != nil {
				_ = cmd.RegisterFlagCompletionFunc(name, s.completes(ask, -1)) // fails only where it is there already
			}
		}
		if path := cmd.CommandPath(); levels[path] != nil {
			_ = cmd.RegisterFlagCompletionFunc("level", s.completes(levels[path], -1)) // as above
		}
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each(root)
}

// completes asks for ids while there are less than most arguments.
func (s *shell) completes(ask ids, most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most >= 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := s.client()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		all, err := ask(ctx, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}
