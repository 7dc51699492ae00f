package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

// standing says where a version is, in a word or two.
func (s *shell) standing(p client.Programme) string {
	text := word(s, stateWords, p.State)
	sub := p.Submission
	if sub == nil {
		return text
	}
	switch {
	case p.State == "submitted" && sub.Late != nil:
		text += s.say(fmt.Sprintf(" %d/%d，未按时审核", len(sub.Given), sub.Steps), fmt.Sprintf(" %d/%d, not approved in time", len(sub.Given), sub.Steps))
	case p.State == "submitted":
		text += fmt.Sprintf(" %d/%d", len(sub.Given), sub.Steps)
	case p.State == "returned" && sub.Outcome == "late":
		text += s.say("，未按时审核", ", not approved in time")
	case p.State == "releasing" && sub.Effective != nil:
		text += s.say("："+s.clock(*sub.Effective), " at "+s.clock(*sub.Effective))
	}
	return text
}

// submission tells how a version got to where it is.
func (s *shell) submission(p client.Programme) {
	sub := p.Submission
	if sub == nil {
		return
	}
	if sub.Steps > 0 {
		s.printf("%s\n", s.say(fmt.Sprintf("送审      %s，%s，需 %d 人审核", who(sub.Name, sub.By), s.clock(sub.At), sub.Steps), fmt.Sprintf("submitted by %s at %s, to be approved by %d", who(sub.Name, sub.By), s.clock(sub.At), sub.Steps)))
	}
	for _, c := range sub.Given {
		whose := who(c.Name, c.Person)
		if c.For != "" {
			whose += s.say("（代 "+c.For+"）", " in place of "+c.For)
		}
		s.printf("%s\n", s.say(fmt.Sprintf("第 %d 审    %s，%s", c.Step, whose, s.clock(c.At)), fmt.Sprintf("approval %d by %s at %s", c.Step, whose, s.clock(c.At))))
	}
	if sub.Late != nil {
		s.printf("%s\n", s.say("未按时审核：错过 "+s.clock(*sub.Late)+" 的首次播出", "not approved in time: missed its first cue at "+s.clock(*sub.Late)))
	}
	if sub.Why != "" && p.State == "returned" {
		s.printf("%s\n", s.say("退回原因  "+sub.Why, "returned: "+sub.Why))
	}
	if p.State == "releasing" && sub.Effective != nil {
		s.printf("%s\n", s.say(fmt.Sprintf("%s 生效；此前可撤销：villagecast programmes undo %s", s.clock(*sub.Effective), p.ID),
			fmt.Sprintf("takes effect at %s; until then: villagecast programmes undo %s", s.clock(*sub.Effective), p.ID)))
	}
}

// moved shows a version after it was moved on.
func (s *shell) moved(p client.Programme) {
	s.printf("%s\n", s.say(fmt.Sprintf("%s 第 %d 版：%s", p.ID, p.Version, s.standing(p)), fmt.Sprintf("%s version %d: %s", p.ID, p.Version, s.standing(p))))
	s.submission(p)
}

func programmesSubmit(s *shell) *cobra.Command {
	return query(s, "submit ID", s.say("把播发任务的草稿送审", "Hands the draft of a programme in for approval"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			s.numbers(ctx, c, args[0])
			return c.Submit(ctx, args[0])
		}, s.moved)
}

func programmesReview(s *shell) *cobra.Command {
	version, sounds := 0, ""
	cmd := query(s, "review ID", s.say("显示播发任务将要播出的全部内容，凭哈希审核", "Shows all that a programme puts on the air, to be approved by its hash"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Review, error) {
			r, err := c.Review(ctx, args[0], version)
			if err == nil && sounds != "" {
				err = s.saveSounds(ctx, c, r, sounds)
			}
			return r, err
		}, s.review)
	cmd.Flags().IntVar(&version, "version", 0, s.say("版本（默认：最新的）", "version (default: the newest)"))
	cmd.Flags().StringVar(&sounds, "sounds", "", s.say("把声音按终端播出的样子写到这个目录", "write the sounds, as the units play them, into this directory"))
	return cmd
}

func (s *shell) saveSounds(ctx context.Context, c *client.Client, r client.Review, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault("建声音文件的目录：%w", "make directory for sounds: %w", err)
	}
	for i, it := range r.Items {
		if it.Sound == "" {
			continue
		}
		name := fmt.Sprintf("%s/%02d.%s", strings.TrimSuffix(dir, "/"), i+1, it.Type)
		f, err := os.Create(name)
		if err != nil {
			return fault("写声音文件：%w", "write sound: %w", err)
		}
		err = c.Sound(ctx, r.Programme.ID, it.Sound, f)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return fault("写声音文件 %s：%w", "write sound %s: %w", name, err)
		}
		fmt.Fprintln(s.errs, name)
	}
	return nil
}

func (s *shell) review(r client.Review) {
	s.programme(r.Programme)
	s.printf("%s\n", s.say(fmt.Sprintf("范围      %d 个村，%d 个终端：%s", r.Villages, r.Units, s.addresses(r)), fmt.Sprintf("reaches   %s, %s: %s", many(r.Villages, "village"), many(r.Units, "unit"), s.addresses(r))))
	for i, it := range r.Items {
		s.printf("%2d  %s  %s\n", i+1, span(it.Seconds), it.Title)
		if it.Sound != "" {
			s.printf("    %s\n", s.say("声音 "+it.Sound, "sound "+it.Sound))
		}
		if it.Text != "" {
			s.printf("    %s\n", s.say("文字 "+it.Text, "text  "+it.Text))
		}
	}
	if r.Changed {
		s.printf("%s\n", s.say("送审后内容或范围有变：请编辑重新送审", "it changed after it was submitted: have it submitted again"))
	}
	s.row("哈希", "hash", r.Hash)
}

func (s *shell) addresses(r client.Review) string {
	words := make([]string, len(r.Addresses))
	for i, a := range r.Addresses {
		words[i] = string(a)
	}
	return s.list(words)
}

func programmesApprove(s *shell) *cobra.Command {
	var spec client.ApproveSpec
	cmd := query(s, "approve ID --hash HASH", s.say("同意 review 显示的内容；最后一审通过就签发", "Agrees to what its review showed; the last approval releases it"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			if spec.Hash == "" {
				return client.Programme{}, usage("用 --hash 写明看过的是哪一份：villagecast programmes review %s 会显示", "say with --hash what you looked at: villagecast programmes review %s shows it", args[0])
			}
			if len(spec.Hash) != 64 { // a part of it would let an author prepare two versions that share it
				return client.Programme{}, usage("--hash 要写全 64 位，这里是 %d 位：villagecast programmes review %s 会显示",
					"--hash wants all 64 digits of what you looked at, these are %d: villagecast programmes review %s shows them", len(spec.Hash), args[0])
			}
			s.numbers(ctx, c, args[0])
			return c.Approve(ctx, args[0], spec)
		}, s.moved)
	cmd.Flags().StringVar(&spec.Hash, "hash", "", s.say("review 显示的哈希，要写全", "the hash that the review showed, all of it"))
	cmd.Flags().BoolVar(&spec.Now, "now", false, s.say("立即生效，不留撤销时间", "let the release take effect at once, without time to undo it"))
	return cmd
}

func programmesReturn(s *shell) *cobra.Command {
	var spec client.ReturnSpec
	cmd := query(s, "return ID --why TEXT", s.say("把送审的播发任务退回给编辑", "Hands a submitted programme back to its author"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			if strings.TrimSpace(spec.Why) == "" {
				return client.Programme{}, usage("用 --why 写明要改什么", "say with --why what is to be changed")
			}
			return c.Return(ctx, args[0], spec)
		}, s.moved)
	cmd.Flags().StringVar(&spec.Why, "why", "", s.say("要改什么", "what is to be changed"))
	return cmd
}

func programmesUndo(s *shell) *cobra.Command {
	return query(s, "undo ID", s.say("在十秒内撤销签发", "Takes back a release within its ten seconds"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Programme, error) {
			return c.Undo(ctx, args[0])
		}, s.moved)
}

func approvalsCommand(s *shell) *cobra.Command {
	all := false
	cmd := query(s, "approvals", s.say("等你审核的内容", "What waits for your approval"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Waiting, error) {
			return c.Approvals(ctx, all)
		},
		func(list []client.Waiting) {
			for _, w := range list {
				s.printf("%s\n", s.waiting(w))
				if w.Text != "" {
					s.printf("    %s\n", w.Text)
				}
			}
			if len(list) == 0 {
				s.printf("%s\n", s.say("没有待审内容", "nothing waits for you"))
			}
		})
	cmd.Flags().BoolVar(&all, "all", false, s.say("也列出别人可以审的", "also what others may approve"))
	return cmd
}

// waiting says what waits, since when, and for whom.
func (s *shell) waiting(w client.Waiting) string {
	if w.Warning != "" {
		return s.say(fmt.Sprintf("预警 %s（%s）%s：%s 于 %s 提出，待另一名值班员或管理员确认：villagecast confirm %s", w.Warning, word(s, levelWords, w.Level), w.Title, who(w.Name, w.By), s.clock(w.Since), w.Warning),
			fmt.Sprintf("warning %s (%s) %s: asked for by %s at %s, waits for %s: villagecast confirm %s", w.Warning, w.Level, w.Title, who(w.Name, w.By), s.clock(w.Since), w.Who, w.Warning))
	}
	zh := fmt.Sprintf("%s 第 %d 版 %s：%s 于 %s 送审，待第 %d/%d 审", w.Programme, w.Version, w.Title, who(w.Name, w.By), s.clock(w.Since), w.Step, w.Steps)
	en := fmt.Sprintf("%s version %d %s: submitted by %s at %s, waits for approval %d of %d by %s", w.Programme, w.Version, w.Title, who(w.Name, w.By), s.clock(w.Since), w.Step, w.Steps, w.Who)
	switch {
	case w.Late:
		zh, en = zh+"；未按时审核", en+"; not approved in time"
	case w.First != nil:
		zh, en = zh+"；首播 "+s.clock(*w.First), en+"; first cue "+s.clock(*w.First)
	}
	return s.say(zh, en)
}

func confirmCommand(s *shell) *cobra.Command {
	return query(s, "confirm WARNING", s.say("由第二人确认等着的预警；确认后立即播出", "The second person's word for a warning that waits for one; it goes out at once"), exactly("WARNING"),
		func(ctx context.Context, c *client.Client, args []string) (client.Warning, error) {
			return c.Confirm(ctx, args[0])
		}, s.warned)
}

func freezeCommand(s *shell) *cobra.Command {
	return parent("freeze", s.say("重保期：期间只能发预警、撤播和播出事先批准的内容", "Guarantee periods, in which only warnings, withdrawals and what is approved for them are possible"),
		freezeList(s), freezeSet(s), freezeLift(s))
}

// frozen says a freeze.
func (s *shell) frozen(f client.Freeze) string {
	zh := fmt.Sprintf("%s 到 %s 冻结变更：%s（%s 设置，%s）", s.clock(f.From), s.clock(f.Until), f.Why, f.By, f.ID)
	en := fmt.Sprintf("from %s to %s: %s (set by %s, %s)", s.clock(f.From), s.clock(f.Until), f.Why, f.By, f.ID)
	if len(f.Approved) > 0 {
		list := s.list(f.Approved)
		zh, en = zh+"；可播："+list, en+"; may go out: "+list
	}
	if f.Lifted != nil {
		zh, en = zh+"；已解除 "+s.clock(*f.Lifted), en+"; lifted at "+s.clock(*f.Lifted)
	}
	return s.say(zh, en)
}

func freezeList(s *shell) *cobra.Command {
	past := false
	cmd := query(s, "list", s.say("列出生效中和将要开始的", "Lists those in force and to come"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Freeze, error) {
			return c.Freezes(ctx, past)
		},
		func(all []client.Freeze) {
			for _, f := range all {
				s.printf("%s\n", s.frozen(f))
			}
		})
	cmd.Flags().BoolVar(&past, "past", false, s.say("也列出已经过去的", "those that are over, too"))
	return cmd
}

func freezeSet(s *shell) *cobra.Command {
	var spec client.FreezeSpec
	var from, until string
	cmd := query(s, "set", s.say("设一个重保期", "Sets one"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (f client.Freeze, err error) {
			if until == "" {
				return f, usage("用 --until 写明何时结束", "say with --until when it ends")
			}
			now := time.Now()
			if spec.Until, err = s.moment(until, now); err != nil {
				return f, err
			}
			if from != "" {
				begin, err := s.moment(from, now)
				if err != nil {
					return f, err
				}
				spec.From = &begin
			}
			return c.SetFreeze(ctx, spec)
		},
		func(f client.Freeze) { s.printf("%s\n", s.frozen(f)) })
	f := cmd.Flags()
	f.StringVar(&from, "from", "", s.say("开始（默认：现在）：时长（2h）或时刻（2027-03-01）", "begin (default: now): a length (2h) or an instant (2027-03-01)"))
	f.StringVar(&until, "until", "", s.say("结束", "end"))
	f.StringVar(&spec.Why, "why", "", s.say("为了什么", "what it is for"))
	f.StringSliceVar(&spec.Approved, "approved", nil, s.say("照样可以播的播发任务，按现在审定的内容", "programmes that may go out all the same, as they are approved now"))
	return cmd
}

func freezeLift(s *shell) *cobra.Command {
	return query(s, "lift ID", s.say("提前解除重保期", "Ends one before its time"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Freeze, error) {
			return c.LiftFreeze(ctx, args[0])
		},
		func(f client.Freeze) { s.printf("%s\n", s.frozen(f)) })
}
