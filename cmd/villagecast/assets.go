package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func assetsCommand(s *shell) *cobra.Command {
	return parent("assets", s.say("音频文件和文字通知", "Audio files and text notices"),
		assetsList(s), assetsShow(s),
		parent("add", s.say("添加媒资", "Adds an asset"), assetsAddAudio(s), assetsAddText(s)),
		removal(s, "remove ID", s.say("删除没有用到的媒资；写编号的前几位就行", "Removes an asset that nothing uses; the first digits of its id are enough"), "asset", removeAsset))
}

// removeAsset takes the short id that the list shows as well.
func removeAsset(c *client.Client, ctx context.Context, id string) error {
	full, err := wholeID(ctx, c, id)
	if err != nil {
		return err
	}
	return c.RemoveAsset(ctx, full)
}

// wholeID is the id of the asset that begins so; an empty one stays empty.
func wholeID(ctx context.Context, c *client.Client, id string) (string, error) {
	if id == "" || len(id) == 64 {
		return id, nil
	}
	a, err := c.Asset(ctx, id)
	return a.ID, err
}

func assetsList(s *shell) *cobra.Command {
	return query(s, "list", s.say("列出媒资，新的在前", "Lists assets, newest first"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Asset, error) { return c.Assets(ctx) },
		func(assets []client.Asset) {
			t := newTable(s.say("媒资", "ASSET"), s.say("类型", "KIND"), s.say("标题", "TITLE"), s.say("时长", "LENGTH"), s.say("添加时间", "CREATED"))
			for _, a := range assets {
				t.add(short(a.ID), word(s, assetWords, a.Kind), a.Title, span(a.Seconds+a.Stay), s.clock(a.Created))
			}
			t.print(s.out)
		})
}

func assetsShow(s *shell) *cobra.Command {
	return query(s, "show ID", s.say("显示一条媒资；写编号的前几位就行", "Shows one asset; the first digits of its id are enough"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Asset, error) {
			return c.Asset(ctx, args[0])
		}, s.asset)
}

// asset says what an asset is.
func (s *shell) asset(a client.Asset) {
	s.printf("%s %s\n%s\n", word(s, assetWords, a.Kind), a.ID, a.Title)
	if a.Text != "" {
		s.row("文字", "text", a.Text)
	}
	if a.Kind == "audio" {
		s.row("时长", "length", s.say(fmt.Sprintf("%s，响度 %.1f dBFS，峰值 %.1f dBFS，最长静默 %.1f 秒", span(a.Seconds), a.Loudness, a.Peak, a.Silence),
			fmt.Sprintf("%s, loudness %.1f dBFS, peak %.1f dBFS, longest silence %.1f s", span(a.Seconds), a.Loudness, a.Peak, a.Silence)))
		s.row("下发格式", "travels", s.say(a.Type+" "+short(a.Rendition), "as "+a.Type+" "+short(a.Rendition)))
		return
	}
	shown := s.say(fmt.Sprintf("%.1f 秒", a.Stay), fmt.Sprintf("%.1f s", a.Stay))
	for _, how := range []string{a.Effect, a.Color} {
		if how != "" {
			shown += s.say("，", ", ") + word(s, lookWords, how)
		}
	}
	s.row("显示", "shown", shown)
}

func assetsAddAudio(s *shell) *cobra.Command {
	var title string
	cmd := query(s, "audio FILE", s.say("上传音频文件（MP3、WAV、FLAC 或 Ogg Vorbis）；中断后从断处续传", "Uploads an audio file (MP3, WAV, FLAC or Ogg Vorbis); a broken upload goes on where it stopped"), exactly("FILE"),
		func(ctx context.Context, c *client.Client, args []string) (client.Asset, error) {
			return c.AddAudio(ctx, args[0], title, s.progress())
		}, s.asset)
	cmd.Flags().StringVar(&title, "title", "", s.say("标题（默认：文件名）", "title (default: the file's name)"))
	return cmd
}

// progress shows how far an upload has got, where somebody can see it.
func (s *shell) progress() client.Progress {
	if s.json || !terminal(s.errs) {
		return nil
	}
	return func(done, total int64) {
		fmt.Fprint(s.errs, "\r", s.say(fmt.Sprintf("%3d %%，共 %.1f MB", done*100/total, float64(total)/1e6), fmt.Sprintf("%3d %% of %.1f MB", done*100/total, float64(total)/1e6)))
		if done == total {
			fmt.Fprintln(s.errs, s.say("；中心正在解码、测量", "; the centre decodes and measures it"))
		}
	}
}

func assetsAddText(s *shell) *cobra.Command {
	var spec client.TextSpec
	cmd := query(s, "text TEXT", s.say("添加屏幕用的文字通知", "Adds a text notice for screens"), exactly("TEXT"),
		func(ctx context.Context, c *client.Client, args []string) (client.Asset, error) {
			spec.Text = args[0]
			return c.AddText(ctx, spec)
		}, s.asset)
	f := cmd.Flags()
	f.StringVar(&spec.Title, "title", "", s.say("标题", "title"))
	f.Float64Var(&spec.Stay, "stay", 0, s.say("显示的秒数（默认：按长短）", "seconds that it is shown (default: by its length)"))
	f.StringVar(&spec.Effect, "effect", "", s.say("scroll 或 still（滚动、静止）", "scroll or still"))
	f.StringVar(&spec.Color, "color", "", s.say("red、green、yellow 或 white（红、绿、黄、白）", "red, green, yellow or white"))
	return cmd
}

func speakCommand(s *shell) *cobra.Command {
	var spec client.SpeechSpec
	cmd := query(s, "speak TEXT", s.say("把文字念成音频媒资；数字、日期、时间先展开成读法", "Speaks a text into an audio asset; figures, dates and times are written out first"), exactly("TEXT"),
		func(ctx context.Context, c *client.Client, args []string) (client.Asset, error) {
			spec.Text = args[0]
			return c.Speak(ctx, spec)
		}, s.asset)
	cmd.Flags().StringVar(&spec.Title, "title", "", s.say("标题", "title"))
	return cmd
}
