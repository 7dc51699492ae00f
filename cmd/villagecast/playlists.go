package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func playlistsCommand(s *shell) *cobra.Command {
	return parent("playlists", s.say("按顺序排的媒资", "Ordered lists of assets"),
		playlistsList(s), playlistsShow(s), playlistsPut(s),
		removal(s, "remove ID", s.say("删除没有草稿用到的节目单", "Removes a playlist that no draft uses"), "playlist", (*client.Client).RemovePlaylist))
}

func playlistsList(s *shell) *cobra.Command {
	return query(s, "list", s.say("列出节目单", "Lists playlists"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Playlist, error) {
			return c.Playlists(ctx)
		},
		func(all []client.Playlist) {
			t := newTable(s.say("节目单", "PLAYLIST"), s.say("标题", "TITLE"), s.say("条目", "ITEMS"), s.say("一遍", "ROUND"))
			for _, p := range all {
				t.add(p.ID, p.Title, len(p.Items), span(p.Seconds))
			}
			t.print(s.out)
		})
}

func playlistsShow(s *shell) *cobra.Command {
	return query(s, "show ID", s.say("显示一个节目单", "Shows one playlist"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Playlist, error) {
			return c.Playlist(ctx, args[0])
		}, s.playlist)
}

func (s *shell) playlist(p client.Playlist) {
	s.tell(p.ID+"  "+p.Title+"，一遍 "+span(p.Seconds), p.ID+"  "+p.Title+", one round "+span(p.Seconds))
	t := newTable("", s.say("标题", "TITLE"), s.say("音频", "AUDIO"), s.say("文字", "TEXT"))
	for i, it := range p.Items {
		t.add(i+1, dash(it.Title), dash(short(it.Audio)), dash(short(it.Text)))
	}
	t.print(s.out)
}

func playlistsPut(s *shell) *cobra.Command {
	p := client.Playlist{}
	var items []string
	cmd := query(s, "put ID", s.say("添加或修改节目单", "Makes or changes a playlist"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Playlist, error) {
			p.ID = args[0]
			p.Items = []client.PlaylistItem{}
			for _, it := range items {
				audio, text, _ := strings.Cut(it, "+")
				audio, err := wholeID(ctx, c, audio)
				if err != nil {
					return client.Playlist{}, err
				}
				if text, err = wholeID(ctx, c, text); err != nil {
					return client.Playlist{}, err
				}
				p.Items = append(p.Items, client.PlaylistItem{Audio: audio, Text: text})
			}
			return c.PutPlaylist(ctx, p)
		}, s.playlist)
	f := cmd.Flags()
	f.StringVar(&p.Title, "title", "", s.say("标题", "title"))
	f.StringArrayVar(&items, "item", nil, s.say("AUDIO、+TEXT，或 AUDIO+TEXT 同时（媒资的编号，或前几位）；按顺序重复", "AUDIO, +TEXT, or AUDIO+TEXT at once (ids of assets, or their first digits); repeat in order"))
	return cmd
}
