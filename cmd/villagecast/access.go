package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func sessionsCommand(s *shell) *cobra.Command {
	return parent("sessions", s.say("在哪些浏览器和手机上登录着", "Browsers and phones in which people are signed in"),
		query(s, "list [PERSON]", s.say("列出某人的登录；不写就是自己的", "Lists those of a person, one's own if none is named"), cobra.MaximumNArgs(1),
			func(ctx context.Context, c *client.Client, args []string) ([]client.Session, error) {
				return c.Sessions(ctx, strings.Join(args, ""))
			}, s.printSessions),
		removal(s, "end ID", s.say("让一个浏览器退出，立即生效", "Signs a browser out, at once"), "session", (*client.Client).EndSession))
}

func (s *shell) printSessions(list []client.Session) {
	t := newTable(s.say("登录", "SESSION"), s.say("账号", "PERSON"), s.say("设备", "ON"), s.say("来自", "FROM"), s.say("方式", "BY"), s.say("最后使用", "LAST USED"), s.say("到期", "ENDS"))
	for _, v := range list {
		t.add(v.ID, v.Person, dash(v.Label), dash(v.From), word(s, viaWords, v.Via), s.clock(v.Used), s.clock(v.Ends))
	}
	t.print(s.out)
}

func tokensCommand(s *shell) *cobra.Command {
	return parent("tokens", s.say("给程序用的令牌：权限不超过本人，并有期限", "Tokens for programs: no more than their person may do, and an end"),
		query(s, "list [PERSON]", s.say("列出某人的登录；不写就是自己的", "Lists those of a person, one's own if none is named"), cobra.MaximumNArgs(1),
			func(ctx context.Context, c *client.Client, args []string) ([]client.Token, error) {
				return c.Tokens(ctx, strings.Join(args, ""))
			}, s.printTokens),
		tokensAdd(s),
		removal(s, "revoke ID", s.say("吊销令牌，立即生效", "Ends a token, at once"), "token", (*client.Client).RevokeToken))
}

func (s *shell) printTokens(list []client.Token) {
	t := newTable(s.say("令牌", "TOKEN"), s.say("账号", "PERSON"), s.say("用途", "FOR"), s.say("可做", "ACTS"), s.say("区域", "AREA"), s.say("最后使用", "LAST USED"), s.say("到期", "ENDS"))
	for _, k := range list {
		t.add(k.ID, k.Person, k.Title, strings.Join(k.Acts, ","), dash(k.Area), s.clockOf(k.Used), s.clock(k.Ends))
	}
	t.print(s.out)
}

func tokensAdd(s *shell) *cobra.Command {
	var spec client.TokenSpec
	cmd := query(s, "add TITLE", s.say("做一个令牌；密文只显示一次", "Makes a token; its secret is shown once"), exactly("TITLE"),
		func(ctx context.Context, c *client.Client, args []string) (client.Token, error) {
			spec.Title = args[0]
			return c.AddToken(ctx, spec)
		},
		func(k client.Token) {
			s.printf("%s\n", s.say(fmt.Sprintf("令牌 %s，%s 到期，只显示这一次：\n%s", k.ID, s.clock(k.Ends), k.Secret),
				fmt.Sprintf("token %s, good until %s, shown this once:\n%s", k.ID, s.clock(k.Ends), k.Secret)))
		})
	f := cmd.Flags()
	f.StringSliceVar(&spec.Acts, "act", []string{"read"}, s.say("用来做什么：read、draft、release、warn 等；可重复", "what it is for: read, draft, release, warn …; may be repeated"))
	f.StringVar(&spec.Area, "area", "", s.say("在哪个区域；不写就是本人的所有区域", "where; all areas of the person if none"))
	f.StringVar(&spec.Person, "person", "", s.say("是谁的；不写就是自己的", "whose it is; one's own if none"))
	f.IntVar(&spec.Days, "days", 90, s.say("有效天数，1 到 366", "how long it is good, 1 to 366"))
	return cmd
}

func auditCommand(s *shell) *cobra.Command {
	return parent("audit", s.say("谁、什么时候、从哪里、做了什么，之前和之后的样子", "Who did what, when, from where, before and after"), auditList(s), auditVerify(s), auditExport(s))
}

func auditList(s *shell) *cobra.Command {
	var actor, kind, ref string
	cmd := query(s, "list", s.say("列出审计记录，新的在前", "Lists it, newest first"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.AuditLine, error) {
			return c.Audit(ctx, actor, kind, ref)
		},
		func(lines []client.AuditLine) {
			t := newTable(s.say("行", "LINE"), s.say("时间", "WHEN"), s.say("谁", "WHO"), s.say("方式", "VIA"), s.say("来自", "FROM"), s.say("做了什么", "ACT"), s.say("对象", "WHAT"), "")
			for _, l := range lines {
				t.add(l.ID, s.clock(l.At), l.Actor, dash(word(s, viaWords, l.Via)), dash(l.From), s.act(l.Act), dash(l.Ref), l.Text)
			}
			t.print(s.out)
		})
	f := cmd.Flags()
	f.StringVar(&actor, "who", "", s.say("只看这个人做的", "only what this person did"))
	f.StringVar(&kind, "kind", "", s.say("只看对这一类做的，如 programme", "only what was done to this kind of thing, such as programme"))
	f.StringVar(&ref, "id", "", s.say("只看对这个编号做的", "only what was done to the thing with this id"))
	return cmd
}

func auditVerify(s *shell) *cobra.Command {
	var head string
	cmd := query(s, "verify", s.say("核对整条校验链；加 --head 还会说从前记下的哈希是否还在链上", "Walks the whole chain; with --head also tells whether a head noted before is in it"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (client.AuditVerdict, error) {
			v, err := c.VerifyAudit(ctx, head)
			switch {
			case err != nil:
				return v, err
			case v.Broken != 0:
				return v, fault("审计记录被改动过：第 %d 行：%s", "the audit was tampered with: line %d: %s", v.Broken, v.Why)
			case head != "" && !v.Known:
				return v, fault("审计记录被改动过：已没有哪一行的哈希是 %s", "the audit was tampered with: no line has the hash %s any more", head)
			}
			return v, nil
		},
		func(v client.AuditVerdict) {
			s.printf("%s\n", s.say(fmt.Sprintf("%d 行，首尾相接（其中 %d 行早于校验链）\n末行哈希 %s  抄下来另存，日后用 --head 核对", v.Lines, v.Unsealed, v.Head),
				fmt.Sprintf("%d lines hold together (%d are older than the chain)\nhead %s  note it elsewhere, and compare later with --head", v.Lines, v.Unsealed, v.Head)))
		})
	cmd.Flags().StringVar(&head, "head", "", s.say("从前记下的哈希", "a head that was noted before"))
	return cmd
}

func auditExport(s *shell) *cobra.Command {
	return &cobra.Command{Use: "export", Short: s.say("把全部审计记录写到标准输出，旧的在前，每行一个 JSON", "Writes the whole of it to standard output, oldest first, one JSON object a line"), Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			lines, err := c.Audit(cmd.Context(), "", "", "")
			if err != nil {
				return err
			}
			slices.Reverse(lines)
			enc := json.NewEncoder(s.out)
			enc.SetEscapeHTML(false)
			for _, l := range lines {
				if err := enc.Encode(l); err != nil {
					return err
				}
			}
			return nil
		}}
}
