package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

func programmesRecord(s *shell) *cobra.Command {
	version, asCSV := 0, false
	cmd := query(s, "record ID", s.say("一个版本的记录，可打印：谁做了什么，在哪里从何时播到何时", "The record of a version, to print: who did what, and where it played from when to when"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Record, error) {
			return c.Record(ctx, args[0], version)
		},
		func(r client.Record) {
			if asCSV {
				s.recordCSV(r)
				return
			}
			s.record(r)
		})
	cmd.Flags().IntVar(&version, "version", 0, s.say("版本（默认：最近签发的）", "version (default: the newest that was released)"))
	cmd.Flags().BoolVar(&asCSV, "csv", false, s.say("把各村写成表格文件", "the villages as a table for spreadsheets"))
	return cmd
}

func (s *shell) record(r client.Record) {
	s.printf("%s%s%s\n", s.titled(r.Title, r.Programme, r.Version), s.say("，", ", "), word(s, stateWords, r.State))
	s.printf("%s  %s\n", s.say("时间", "when     "), r.Says)
	s.printf("%s  %s\n", s.say("拟稿", "author   "), dash(r.Author))
	s.printf("%s  %s\n", s.say("审核", "approved "), dash(s.list(r.Approvers)))
	for _, a := range r.Acts {
		s.printf("%s  %s%s%s %s\n", s.clock(a.At), who(a.Name, a.By), s.say("：", ": "), s.act(a.Act), a.Text)
	}
	played := 0
	for _, v := range r.Villages {
		played += v.Played
	}
	s.printf("%s\n", s.say(fmt.Sprintf("%d 个终端，%d 个已播", r.Targeted, played), fmt.Sprintf("%s, %d proved that they played it", many(r.Targeted, "unit"), played)))
	t := newTable(s.say("镇", "TOWN"), s.say("村", "VILLAGE"), s.say("自", "FROM"), s.say("到", "TO"), s.say("终端", "UNITS"), s.say("已播", "PLAYED"))
	for _, v := range r.Villages {
		t.add(v.TownName, v.AreaName, s.second(v.From), s.second(v.To), v.Units, v.Played)
	}
	t.print(s.out)
}

// act says what somebody did.
func (s *shell) act(text string) string {
	if area, stop := strings.CutPrefix(text, "STOP in "); stop {
		return s.say("立即停播 "+area, text)
	}
	return word(s, auditWords, text)
}

// second is an instant to the second; of none it is said so.
func (s *shell) second(t *time.Time) string {
	if t == nil {
		return s.say("无记录", "no proof")
	}
	return t.In(s.location()).Format("2006-01-02 15:04:05")
}

// recordCSV begins with the mark by which spreadsheets know UTF-8.
func (s *shell) recordCSV(r client.Record) {
	s.printf("\ufeff")
	w := csv.NewWriter(s.out)
	line := func(cells ...string) { _ = w.Write(cells) } // Flush tells of an error; there is nobody to hear it
	line(s.say("镇", "town"), s.say("村", "village"), s.say("区域编号", "area"), s.say("自", "from"), s.say("到", "to"), s.say("终端", "units"), s.say("已播", "played"))
	for _, v := range r.Villages {
		line(v.TownName, v.AreaName, v.Area, s.second(v.From), s.second(v.To), strconv.Itoa(v.Units), strconv.Itoa(v.Played))
	}
	w.Flush()
}

func programmesCorrect(s *shell) *cobra.Command {
	var r ruleFlags
	version, heard, list, title := 0, false, "", ""
	cmd := query(s, "correct ID", s.say("拟一份更正：下一版，发给播过这一版的终端；release 签发", "Drafts a correction: the next version, for the units that played this one; release puts it on air"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			rec, err := c.Record(ctx, args[0], version)
			if err != nil {
				return client.Programme{}, err
			}
			p, err := c.Programme(ctx, args[0], rec.Version)
			if err != nil {
				return p, err
			}
			spec := p.ProgrammeSpec
			if heard {
				spec.Targets = client.Targets{Heard: fmt.Sprintf("%s@%d", p.ID, p.Version)}
			}
			if list != "" {
				spec.Playlist = list
			}
			if title != "" {
				spec.Title = title
			}
			if r.given() {
				spec.Rule, err = r.rule()
			} else {
				spec.Rule = wire.Rule{Kind: wire.RuleOnce, Once: wire.DateTime(time.Now().In(s.location()).Add(time.Minute).Format("2006-01-02T15:04:05"))}
			}
			if err != nil {
				return p, err
			}
			spec.Level, spec.OnCut = "", "" // as the rule has them
			return c.PutProgramme(ctx, spec)
		}, s.programme)
	f := cmd.Flags()
	f.BoolVar(&heard, "heard", false, s.say("只发给已证明或以后证明播过的终端", "to exactly the units that prove, now or later, that they played it"))
	f.IntVar(&version, "version", 0, s.say("播错的版本（默认：最近签发的）", "the version that was wrong (default: the newest that was released)"))
	f.StringVar(&list, "playlist", "", s.say("更正用的节目单的编号", "id of the playlist that puts it right"))
	f.StringVar(&title, "title", "", s.say("标题", "title"))
	r.add(s, cmd)
	return cmd
}

// given tells whether it is said when.
func (r *ruleFlags) given() bool {
	return r.loop != "" || r.every != "" || r.once != "" || r.cron != "" || len(r.at) > 0
}
